package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.ServeProcess.Ended;
import dev.atelier.gateway.testplugin.AdapterFixture;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server as a process: what it prints, how it ends, and what it leaves on the disk. */
@Timeout(180)
class ProcessStartTest {
    @TempDir
    Path folder;

    private ServeProcess process;

    @BeforeEach
    void prepare() throws IOException {
        process = new ServeProcess(folder);
    }

    private Map<String, String> home() {
        return Map.of("HOME", folder.resolve("home").toString());
    }

    private String homeProperty() {
        return "-Duser.home=" + folder.resolve("home");
    }

    private String data() {
        return folder.resolve("data").toString();
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void aBusyPortEndsTheStartBeforePluginsAndTheDatabaseAreTouched() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            Ended ended = process.serve(home(), "--port", port, "--data-dir", data());

            assertEquals(2, ended.code());
            assertTrue(ended.only().startsWith("atelier: cannot listen on 127.0.0.1:" + port), ended::toString);
            assertFalse(Files.exists(Path.of(data())), "nothing was written");
        }
    }

    // --- rights
    // -------------------------------------------------------------------------------------------------------

    @Test
    void filesHaveTheirRightsWhateverTheUmaskIs() throws Exception {
        for (String umask : List.of("000", "077")) {
            Path home = folder.resolve("home" + umask);
            Files.createDirectory(home);
            List<String> prefix = List.of("/bin/sh", "-c", "umask " + umask + "; exec \"$@\"", "sh");

            Ended ended = process.serve(
                    prefix,
                    Map.of("HOME", home.toString()),
                    List.of("-Duser.home=" + home, "--port", "0", "--allow-no-lora", "true"),
                    ServeProcess::draw);

            ended.requireNoErrors();
            Path data = home.resolve(".local/share/atelier");
            for (String name : List.of("", "outputs", "loras", "lora-cache", "plugins")) {
                assertEquals("rwx------", mode(data.resolve(name)), umask + " " + name);
            }
            for (String name : List.of("atelier.db", "lock", "plugins/.lock")) {
                assertEquals("rw-------", mode(data.resolve(name)), umask + " " + name);
            }
            try (Stream<Path> files = Files.list(data.resolve("outputs"))) {
                List<Path> outputs = files.toList();
                assertEquals(1, outputs.size(), outputs::toString);
                assertEquals("rw-r-----", mode(outputs.get(0)), umask);
            }
            try (Stream<Path> files = Files.walk(data.resolve("plugins"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    assertEquals("rw-------", mode(file), file::toString);
                }
            }
            assertTrue(
                    ended.out().get(0).contains("LoRA files: " + data.resolve("loras") + ";"),
                    "the start line: " + ended);
        }
    }

    @Test
    void aConfiguredOutputFolderIsCreatedForItsGroup() throws Exception {
        Path outputs = folder.resolve("shared/outputs");

        Ended ended = process.serve(
                List.of("/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"),
                home(),
                List.of("--port", "0", "--data-dir", data(), "--output-base-path", outputs.toString()),
                address -> {});

        ended.requireNoErrors();
        assertEquals("rwxr-x---", mode(outputs));
    }

    @Test
    void nothingIsWrittenThroughLinksPlantedInTheFolders() throws Exception {
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        for (String name : List.of("atelier.db", "atelier.db-wal", "lock")) {
            Path planted = Files.createDirectories(folder.resolve("planted " + name));
            Files.createSymbolicLink(planted.resolve(name), victim);

            Ended ended = process.serve(home(), homeProperty(), "--port", "0", "--data-dir", planted.toString());

            assertTrue(ended.code() > 0, ended::toString);
            assertTrue(
                    ended.err().get(ended.err().size() - 1).contains(planted.resolve(name) + " is a symbolic link"),
                    ended::toString);
            assertEquals("precious", Files.readString(victim));
        }
    }

    // --- the log
    // ------------------------------------------------------------------------------------------------------

    private static void assertJson(Ended ended) {
        List<String> lines = new ArrayList<>(ended.out());
        lines.addAll(ended.err());
        for (String line : lines) {
            JsonObject event = new JsonObject(line);
            for (String field : List.of("timestamp", "level", "logger", "thread", "message")) {
                assertTrue(event.getString(field) != null, line);
            }
        }
    }

    @Test
    void everyLineIsJsonWhereTheLogIs() throws Exception {
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
        Ended served = process.serve(
                List.of(),
                Map.of("HOME", folder.resolve("home").toString(), "LOG_FORMAT", "json"),
                List.of(
                        "--port",
                        "0",
                        "--data-dir",
                        data(),
                        "--allow-no-lora",
                        "true",
                        "--workflows-base-path",
                        folder.resolve("absent").toString()),
                ServeProcess::draw);

        assertJson(served);
        assertTrue(
                new JsonObject(served.out().get(0)).getString("message").startsWith("Atelier serves"),
                served::toString);
        assertEquals(
                1,
                served.err().stream()
                        .filter(line -> line.contains("WORKFLOWS_BASE_PATH is not a folder"))
                        .count(),
                served::toString);
    }

    @Test
    void failuresOfTheStartAreJsonWhereTheLogIs() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            for (List<String> options : List.of(
                    List.of("--log-format", "json", "--port", port, "--data-dir", data()),
                    List.of("--log-format=json", "--prot", "1"),
                    List.of("--log-format=JSON", "--port", "x"),
                    List.of("--port", "0", "--log-format", "json", "--output-base-path", "/proc/absent"))) {
                Ended ended = process.serve(List.of(), home(), options, address -> {});

                assertEquals(2, ended.code(), ended::toString);
                assertEquals("ERROR", new JsonObject(ended.only()).getString("level"), ended::toString);
                assertJson(ended);
            }
        }
    }
}
