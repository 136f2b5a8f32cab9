package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return run(Foundation::lay, arguments);
    }

    private int run(Supplier<Foundation> foundation, String... arguments) {
        return Main.run(
                arguments,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                foundation);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "--prot, 1, Unknown options: '--prot'",
        "--port, x, --port must be a whole number from 0 to 65535 but was 'x'",
        "--device, tpu, --device must be auto|cpu|cuda|cuda:N[",
    })
    void refusesWhatItDoesNotKnowInOneLine(String option, String value, String message) {
        assertEquals(2, run("serve", option, value));

        assertEquals(1, err().lines().count(), err());
        assertTrue(err().startsWith("atelier: "), err());
        assertTrue(err().contains(message), err());
    }

    @Test
    void refusesAnOptionWithoutItsValueAndAnUnknownCommand() {
        assertEquals(2, run("serve", "--port"));
        assertEquals(2, run("sevre"));
        assertEquals(2, err().lines().count(), err());
    }

    @Test
    void printsItsVersion() {
        assertEquals(0, run("--version"));

        String version = "\\d+\\.\\d+\\.\\d+(-\\w+)?\\R";
        assertTrue(
                out().matches("atelier " + version + "plugin API " + version + "ONNX Runtime " + version
                        + "Java .*\\R"),
                out());
    }

    @Test
    void explainsEverySettingByItsOption() {
        assertEquals(0, run("serve", "--help"));

        for (Setting setting : Setting.values()) {
            assertTrue(out().contains(setting.option()), setting.option());
        }
        assertTrue(out().contains("--demo") && out().contains("--print-config"));
    }

    @Test
    void saysWhatThereIsWhenNothingIsAskedFor() {
        assertEquals(2, run());

        assertTrue(out().contains("serve"), out());
    }

    @Test
    void printsEachSettingAndWhereItCameFromButNoSecret() {
        assertEquals(0, run("serve", "--print-config", "--port", "81", "--hf-token", "hf_secret"));

        List<String> lines = out().lines().toList();
        assertEquals(Setting.values().length, lines.size());
        assertTrue(lines.contains("PORT=81  (option)"), out());
        assertTrue(lines.contains("BASE_URL=http://localhost:81  (default)"), out());
        assertTrue(lines.contains("HF_TOKEN=********  (option)"), out());
        assertFalse(out().contains("hf_secret"));
    }

    @Test
    void saysInOneLineWhyItHasNothingToStandOn(@TempDir Path folder) {
        CompletableFuture<Foundation> ahead = CompletableFuture.supplyAsync(() -> {
            throw new IllegalStateException("Unrecognized value for otel.traces.exporter: paper\nmore");
        });

        String data = folder.resolve("data").toString();
        assertEquals(1, run(ahead::join, "serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", data));
        assertEquals("atelier: Unrecognized value for otel.traces.exporter: paper", err().strip());
    }

    @Test
    void saysInOneLineThatAPortIsTaken(@TempDir Path folder) throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            int code = run(
                    "serve",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    port,
                    "--device",
                    "cpu",
                    "--data-dir",
                    folder.resolve("data").toString(),
                    "--plugins-dir",
                    folder.toString());

            assertEquals(2, code);
            assertEquals(
                    "atelier: cannot listen on 127.0.0.1:" + port
                            + " (Address already in use); choose another port with --port",
                    err().strip());
        }
    }

    @Test
    void keepsAFileOfKeysToItsOwnerAndFollowsNoPlantedLink(@TempDir Path folder) throws IOException {
        Path keys = folder.resolve("keys");
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        Path planted = Files.createSymbolicLink(folder.resolve("planted"), victim);

        assertEquals(0, run("new-key", "ann", "--file", keys.toString()));
        assertEquals(0, run("new-key", "root", "--admin", "--file", keys.toString()));
        assertEquals(2, run("new-key", "eve", "--file", planted.toString()));

        assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(keys));
        List<String> lines = Files.readAllLines(keys);
        assertEquals(2, lines.size());
        assertTrue(lines.get(0).startsWith("ann ") && lines.get(1).startsWith("root "), lines.toString());
        assertEquals("precious", Files.readString(victim));
        assertTrue(err().contains(planted + " is a symbolic link"), err());
    }

    @Test
    void addsAKeyToAFileWhoseLastLineHasNoEnd(@TempDir Path folder) throws IOException {
        Path keys = Files.writeString(folder.resolve("keys"), "# ours");

        assertEquals(0, run("new-key", "ann", "--file", keys.toString()));

        assertEquals("# ours", Files.readAllLines(keys).get(0));
        assertEquals(2, Files.readAllLines(keys).size());
    }
}
