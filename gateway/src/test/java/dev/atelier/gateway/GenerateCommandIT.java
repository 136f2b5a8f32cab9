package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that generate in their own process, with the demo checkpoint. */
class GenerateCommandIT {
    private static final String LORA = "my_lora_job/my_lora.safetensors";

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--checkpoint",
                GatewayConfig.DEMO_REPOSITORY + "=" + DemoJobs.FOLDER,
                "--plugins-dir",
                "target/plugins",
                "--device",
                "cpu"));
        return Main.run(
                all.toArray(String[]::new),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                () -> {
                    throw new AssertionError("no server is started");
                });
    }

    private String error() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void writesTheBytesThatTheHttpApiServes() throws IOException {
        JsonObject request = DemoJobs.request(7).put("output_format", "png");
        byte[] served;
        Map<Setting, String> settings = Map.of(
                Setting.PLUGINS_DIR,
                "target/plugins",
                Setting.CHECKPOINT,
                GatewayConfig.DEMO_REPOSITORY + "=" + DemoJobs.FOLDER,
                Setting.WORKFLOWS_BASE_PATH,
                DemoJobs.FOLDER.resolve("loras").toString());
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            String id = gateway.submit(request);
            gateway.await(id);
            served = gateway.client()
                    .get("/v1/requests/" + id + "/images/0")
                    .bytes()
                    .getBytes();
        }

        Path file = folder.resolve("image.png");
        int code = run(
                "generate",
                request.getJsonArray("prompts").getJsonObject(0).getString("prompt"),
                "--lora",
                DemoJobs.FOLDER.resolve("loras").resolve(LORA) + ":1.0",
                "--size",
                "64x64",
                "--steps",
                "2",
                "--seed",
                "7",
                "-o",
                file.toString());

        assertEquals(0, code, error());
        assertArrayEquals(served, Files.readAllBytes(file));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains(file.toString()));
    }

    @Test
    void writesAnImageForEachLineOfAFileWithItsFlags() throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts"), "a cat --w 64 --h 96 --s 1\n\na dog --d 9\n");

        int code = run(
                "generate",
                "--prompts",
                prompts.toString(),
                "--size",
                "64x64",
                "--steps",
                "1",
                "-o",
                folder.resolve("a.jpg").toString());

        assertEquals(0, code, error());
        String written = out.toString(StandardCharsets.UTF_8);
        assertTrue(written.contains("a-0.jpg  64x96  seed 42"), written);
        assertTrue(written.contains("a-1.jpg  64x64  seed 9"), written);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(3, files.count(), "no unfinished file is left");
        }
    }

    @Test
    void namesWhatIsWrongOnTheCommandLine() {
        assertEquals(2, run("generate", "a", "--size", "64"));
        assertTrue(error().contains("--size must be WIDTHxHEIGHT"), error());
        assertEquals(2, run("generate", "a", "--lora", "absent.safetensors"));
        assertTrue(error().contains("'absent.safetensors' is not a file"), error());
        assertEquals(
                2,
                run(
                        "generate",
                        "a",
                        "--model",
                        "flux",
                        "-o",
                        folder.resolve("a.png").toString()));
        assertEquals(2, run("generate", "a", "-o", folder.resolve("a.gif").toString()));
        assertEquals(2, run("generate"));
        assertEquals(2, run("verify", folder.toString()));
        assertTrue(error().contains("has no config.yaml"), error());
    }
}
