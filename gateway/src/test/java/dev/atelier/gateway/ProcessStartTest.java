package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway's process on machines that deny it something: what it prints, how it ends, what it leaves on the disk. */
@Timeout(180)
class ProcessStartTest {
    private static final Pattern ADDRESS = Pattern.compile("serves .* at http://localhost:(\\d+)");

    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        Files.createDirectory(folder.resolve("work"));
        Files.createDirectory(folder.resolve("home"));
    }

    /** How a process ended, and all lines that it printed. */
    private record Ended(int code, List<String> out, List<String> err) {
        String only() {
            assertEquals(1, out.size() + err.size(), this::toString);
            return out.isEmpty() ? err.get(0) : out.get(0);
        }
    }

    /** What is done while the server runs. */
    private interface Use {
        void on(String address) throws Exception;
    }

    private Ended serve(List<String> prefix, Map<String, String> environment, List<String> options, Use use)
            throws Exception {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx400m",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Djava.awt.headless=true",
                "-Dlogback.configurationFile=logback.xml", // the server's, not the tests'
                "-cp",
                classPath()));
        options.stream().filter(option -> option.startsWith("-D")).forEach(command::add);
        command.addAll(List.of("dev.atelier.gateway.Main", "serve", "--host", "127.0.0.1", "--device", "cpu"));
        command.addAll(List.of("--plugins-dir", folder.resolve("plugins").toString()));
        options.stream().filter(option -> !option.startsWith("-D")).forEach(command::add);
        Path out = folder.resolve("out.log");
        Path err = folder.resolve("err.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.resolve("work").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            String address = awaitAddress(process, out);
            if (!address.isEmpty()) {
                use.on(address);
                process.destroy();
            }
            assertTrue(process.waitFor(90, TimeUnit.SECONDS), "it does not end");
        } finally {
            process.destroyForcibly();
        }
        return new Ended(process.exitValue(), Files.readAllLines(out), Files.readAllLines(err));
    }

    private Ended serve(Map<String, String> environment, String... options) throws Exception {
        return serve(List.of(), environment, List.of(options), address -> {});
    }

    private static String awaitAddress(Process process, Path out) throws IOException {
        while (true) {
            boolean ended = !process.isAlive();
            Matcher found = ADDRESS.matcher(Files.readString(out));
            if (found.find() || ended) {
                return ended ? "" : "http://127.0.0.1:" + found.group(1);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static String classPath() {
        String parts = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return String.join(
                File.pathSeparator,
                Arrays.stream(parts.split(File.pathSeparator, -1))
                        .map(part -> Path.of(part).toAbsolutePath().toString())
                        .toList());
    }

    private static void draw(String address) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/v1/inference"))
                .header("Content-Type", "application/json")
                .header("Prefer", "wait=60")
                .POST(
                        HttpRequest.BodyPublishers.ofString(
                                "{\"model\":\"zimage_turbo\",\"prompts\":[{\"prompt\":\"a\",\"width\":64,\"height\":64}],\"loras\":[]}"))
                .build();
        String body = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
        assertEquals("succeeded", new JsonObject(body).getString("status"), body);
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

    private static void assertNoErrors(Ended ended) {
        assertTrue(
                ended.err().stream().noneMatch(line -> line.contains("ERROR") || line.contains("Exception")),
                ended::toString);
    }

    // --- before anything is loaded -----------------------------------------------------------------------------------

    @Test
    void aBusyPortEndsTheStartBeforePluginsAndTheDatabaseAreTouched() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            Ended ended = serve(home(), "--port", port, "--data-dir", data());

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

            Ended ended = serve(
                    prefix,
                    Map.of("HOME", home.toString()),
                    List.of("-Duser.home=" + home, "--port", "0", "--allow-no-lora", "true"),
                    ProcessStartTest::draw);

            assertNoErrors(ended);
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

        Ended ended = serve(
                List.of("/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"),
                home(),
                List.of("--port", "0", "--data-dir", data(), "--output-base-path", outputs.toString()),
                address -> {});

        assertNoErrors(ended);
        assertEquals("rwxr-x---", mode(outputs));
    }

    // --- machines that deny something --------------------------------------------------------------------------------

    /** Has a command run where a folder is a file system of its own, which nobody else sees. */
    private List<String> mounted(String options, Path where) throws Exception {
        Files.createDirectories(where);
        String script = "mount -t tmpfs -o " + options + " none '" + where + "' && exec \"$@\"";
        List<String> prefix = List.of("unshare", "-m", "/bin/sh", "-c", script, "sh");
        assumeTrue(succeeds(prefix, "true"), "nothing can be mounted here");
        return prefix;
    }

    private static boolean succeeds(List<String> prefix, String... command) throws InterruptedException {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(List.of(command));
        try {
            Process process = new ProcessBuilder(all)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }

    @Test
    void aReadOnlyFolderForTemporaryFilesEndsTheStartWithTheRemedy() throws Exception {
        Path temporary = folder.resolve("tmp");

        Ended ended = serve(
                mounted("ro", temporary),
                home(),
                List.of("-Djava.io.tmpdir=" + temporary, "--port", "0", "--data-dir", data()),
                address -> {});

        assertEquals(2, ended.code());
        assertTrue(ended.only().contains("ATELIER_JAVA_OPTS=-Djava.io.tmpdir=FOLDER"), ended::toString);
    }

    @Test
    void aFolderForTemporaryFilesWithNoexecIsEnough() throws Exception {
        Path temporary = folder.resolve("tmp");

        Ended ended = serve(
                mounted("noexec", temporary),
                home(),
                List.of(
                        "-Djava.io.tmpdir=" + temporary,
                        homeProperty(),
                        "--port",
                        "0",
                        "--data-dir",
                        data(),
                        "--allow-no-lora",
                        "true"),
                ProcessStartTest::draw);

        assertNoErrors(ended);
        assertEquals(1, ended.out().size(), ended::toString);
    }

    @Test
    void nativeLibrariesMoveAwayFromNoexecAndTheStartEndsWhereTheyCannot() throws Exception {
        Path home = folder.resolve("mounted");
        List<String> noexec = mounted("noexec", home);
        List<String> options = List.of("-Duser.home=" + home, "--port", "0");

        Ended stopped = serve(noexec, Map.of("HOME", home.toString()), options, address -> {});
        List<String> withData = new ArrayList<>(options);
        withData.addAll(List.of("--data-dir", data()));
        Ended moved = serve(noexec, Map.of("HOME", home.toString()), withData, address -> {});
        List<String> configured = new ArrayList<>(withData);
        configured.addAll(List.of("--natives-dir", home.resolve("natives").toString()));
        Ended refused = serve(noexec, Map.of("HOME", home.toString()), configured, address -> {});

        for (Ended ended : List.of(stopped, refused)) {
            assertEquals(2, ended.code(), ended::toString);
            assertTrue(ended.only().contains("noexec"), ended::toString);
            assertTrue(ended.only().contains("set NATIVES_DIR"), ended::toString);
        }
        assertNoErrors(moved);
        assertEquals(1, moved.out().size(), moved::toString);
        assertTrue(Files.isDirectory(Path.of(data(), "natives")), "natives in the data folder");
    }

    @Test
    void aUserWithoutAHomeFolderIsToldOfDataDirAndServedWithIt() throws Exception {
        Ended stopped = serve(Map.of(), "-Duser.home=?", "--port", "0");
        Ended served = serve(Map.of(), "-Duser.home=?", "--port", "0", "--data-dir", data());

        assertEquals(2, stopped.code());
        assertTrue(stopped.only().contains("set DATA_DIR"), stopped::toString);
        assertTrue(stopped.only().contains("HOME"), stopped::toString);
        assertNoErrors(served);
        assertEquals(1, served.out().size(), served::toString);
        try (Stream<Path> files = Files.list(folder.resolve("work"))) {
            assertEquals(List.of(), files.toList(), "no folder named ? in the working folder");
        }
    }

    @Test
    void aUserWithoutANameIsServedFromItsHomeFolder() throws Exception {
        // the class path may lie where only root reads
        List<String> unnamed = List.of(
                "setpriv",
                "--reuid",
                "12345",
                "--regid",
                "12345",
                "--clear-groups",
                "--inh-caps=+dac_read_search",
                "--ambient-caps=+dac_read_search");
        assumeTrue(succeeds(unnamed, "true"), "the user cannot be changed here");
        Files.setAttribute(folder.resolve("home"), "unix:uid", 12_345);
        for (Path above = folder; above.startsWith(System.getProperty("java.io.tmpdir")); above = above.getParent()) {
            if (!above.equals(Path.of(System.getProperty("java.io.tmpdir")))) {
                Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }

        Ended stopped = serve(unnamed, Map.of(), List.of("--port", "0"), address -> {});
        Ended served =
                serve(unnamed, home(), List.of("--port", "0", "--allow-no-lora", "true"), ProcessStartTest::draw);

        assertEquals(2, stopped.code(), stopped::toString);
        assertTrue(stopped.only().contains("set DATA_DIR"), stopped::toString);
        assertNoErrors(served);
        assertEquals(12_345, Files.getAttribute(folder.resolve("home/.local/share/atelier/atelier.db"), "unix:uid"));
    }

    @Test
    void nothingIsWrittenThroughLinksPlantedInTheFolders() throws Exception {
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        for (String name : List.of("atelier.db", "atelier.db-wal", "lock")) {
            Path planted = Files.createDirectories(folder.resolve("planted " + name));
            Files.createSymbolicLink(planted.resolve(name), victim);

            Ended ended = serve(home(), homeProperty(), "--port", "0", "--data-dir", planted.toString());

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
        Ended served = serve(
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
                ProcessStartTest::draw);

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
                Ended ended = serve(List.of(), home(), options, address -> {});

                assertEquals(2, ended.code(), ended::toString);
                assertEquals("ERROR", new JsonObject(ended.only()).getString("level"), ended::toString);
                assertJson(ended);
            }
        }
    }
}
