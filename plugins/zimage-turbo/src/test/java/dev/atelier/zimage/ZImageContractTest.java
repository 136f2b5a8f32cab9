package dev.atelier.zimage;

import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import dev.atelier.testkit.PluginContract;
import dev.atelier.testkit.PluginSubject;
import dev.atelier.testkit.TestContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The demo checkpoint keeps what the gateway relies on. */
class ZImageContractTest {
    private static final Path LORA = Golden.DEMO.resolve("loras/my_lora_job/my_lora.safetensors");

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> keepsTheContract() throws IOException {
        return PluginContract.of(new PluginSubject(
                ZImagePlugin::new,
                () -> TestContext.onCpu(
                        Component.ids().stream().collect(Collectors.toMap(Function.identity(), Golden.DEMO::resolve))),
                new GenerationPlan(
                        "a photo of a person", "", new ImageSize(64, 64), "Default", 2, 1, 42, Profile.REFERENCE),
                Optional.of(LORA),
                Optional.of(foreign())));
    }

    /** A sane file of two tensors that no Z-Image module is called by. */
    private Path foreign() throws IOException {
        byte[] header = ("{\"other.block.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
                        + "\"other.block.lora_B.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]}}")
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + header.length + 8).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(
                folder.resolve("foreign.safetensors"),
                file.putLong(header.length).put(header).array());
    }
}
