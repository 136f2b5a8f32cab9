package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Holds {@code openapi.yaml} against linters, a generator of clients and a client that it generates, all from npm,
 * where {@code .ci/run} has installed them; skipped elsewhere.
 */
class ContractClientsIT {
    private static final Path SOURCES = Path.of("src/test/contract-clients");
    private static final Path CONTRACT =
            Path.of("../openapi.yaml").toAbsolutePath().normalize();
    private static final Path INSTALLED =
            Path.of("../target/contract-clients").toAbsolutePath().normalize();
    private static final Path PROGRAMS = INSTALLED.resolve("node_modules/.bin");

    /** Nothing reports its use or looks for a newer version of itself. */
    private static final Map<String, String> QUIET = Map.of(
            "REDOCLY_TELEMETRY", "off",
            "REDOCLY_SUPPRESS_UPDATE_NOTICE", "true",
            "DO_NOT_TRACK", "1",
            "NO_UPDATE_NOTIFIER", "1",
            "NO_COLOR", "1",
            "CI", "true");

    @TempDir
    Path folder;

    @BeforeEach
    void needsThePackages() throws IOException {
        boolean installed = Files.isExecutable(PROGRAMS.resolve("tsc"));
        if (Boolean.getBoolean("atelier.contract-clients.required")) {
            assertTrue(installed, PROGRAMS + " has no tsc");
        }
        assumeTrue(installed, "the npm packages are not installed under target/; .ci/run installs them");
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.toList()) {
                Files.copy(file, INSTALLED.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Test
    void redoclyFindsNoErrorInTheContract() throws Exception {
        String output = run("redocly", "lint", CONTRACT.toString());

        assertTrue(output.contains("Your API description is valid"), output);
    }

    @Test
    void spectralFindsNoErrorInTheContract() throws Exception {
        String output = run("spectral", "lint", "--ruleset", "spectral.yaml", CONTRACT.toString());

        assertTrue(output.contains("(0 errors,") || output.contains("No results"), output);
    }

    @Test
    void aGeneratedClientCompilesStrictlyAndSubmitsTheSmallestRequestOfTheReference() throws Exception {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/my_lora_job/my_lora.safetensors"), "weights");
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            String contract = gateway.client().get("/openapi.json").bytes().toString();
            Files.writeString(INSTALLED.resolve("openapi.json"), contract);
            run("openapi-typescript", "openapi.json", "--output", "api.d.ts");
            run("tsc");

            String address = "http://127.0.0.1:" + gateway.client().port();
            JsonObject received = new JsonObject(run("node", "compiled/submit.js", address));

            JsonObject polled = received.getJsonObject("polled");
            assertEquals("queued", polled.getString("submitted"));
            assertTrue(polled.getString("statusUrl").endsWith("/status"), polled.encode());
            assertEquals("succeeded", polled.getString("ended"));
            assertEquals(1, polled.getInteger("images"));
            assertTrue(polled.getInteger("bytes") > 1000, polled.encode());
            assertEquals(new JsonObject().put("ended", "succeeded").put("images", 1), received.getJsonObject("waited"));
            assertEquals("MODEL_NOT_FOUND", received.getJsonObject("refused").getString("code"));
        }
    }

    /** Runs a program of the packages, or one on the path, among them; returns what it printed. */
    private String run(String program, String... arguments) throws IOException, InterruptedException {
        Path installed = PROGRAMS.resolve(program);
        List<String> command = new ArrayList<>(List.of(Files.exists(installed) ? installed.toString() : program));
        command.addAll(List.of(arguments));
        Path output = folder.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(INSTALLED.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(QUIET);
        Process process = builder.start();
        try {
            assertTrue(process.waitFor(3, TimeUnit.MINUTES), program + " does not end");
            assertEquals(0, process.exitValue(), Files.readString(output));
            return Files.readString(output);
        } finally {
            process.destroyForcibly();
        }
    }
}
