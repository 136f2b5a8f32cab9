package dev.atelier.zimage.deturbo;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.PluginContext;
import dev.atelier.testkit.TestContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The small checkpoint that the golden data was computed from. */
final class FamilyDemo {
    static final Path GOLDEN = Path.of("../zimage-turbo/src/test/resources/golden");
    static final Path DEMO = Path.of("../zimage-turbo/demo");

    private FamilyDemo() {}

    static PluginContext context() {
        Map<String, Path> components = new HashMap<>();
        List.of("scheduler", "tokenizer", "text_encoder", "transformer", "vae")
                .forEach(name -> components.put(name, DEMO.resolve(name)));
        components.put("transformer", GOLDEN.resolve("deturbo-transformer/transformer"));
        return TestContext.onCpu(components);
    }

    static AdapterFile lora(double multiplier) throws IOException {
        String name = "my_lora_job/my_lora.safetensors";
        Path file = DEMO.resolve("loras").resolve(name);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
            return new AdapterFile(name, file, HexFormat.of().formatHex(digest), multiplier);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
