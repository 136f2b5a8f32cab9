package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.gateway.ServeProcess.Ended;
import java.io.IOException;
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

/** Starts on machines that deny a folder, the execution of native code, a home folder or a name. */
@Timeout(180)
class DenyingMachineTest {
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

        Ended ended = process.serve(
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

        Ended ended = process.serve(
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
                ServeProcess::draw);

        ended.requireNoErrors();
        assertEquals(1, ended.out().size(), ended::toString);
    }

    @Test
    void nativeLibrariesMoveAwayFromNoexecAndTheStartEndsWhereTheyCannot() throws Exception {
        Path home = folder.resolve("mounted");
        List<String> noexec = mounted("noexec", home);
        List<String> options = List.of("-Duser.home=" + home, "--port", "0");

        Ended stopped = process.serve(noexec, Map.of("HOME", home.toString()), options, address -> {});
        List<String> withData = new ArrayList<>(options);
        withData.addAll(List.of("--data-dir", data()));
        Ended moved = process.serve(noexec, Map.of("HOME", home.toString()), withData, address -> {});
        List<String> configured = new ArrayList<>(withData);
        configured.addAll(List.of("--natives-dir", home.resolve("natives").toString()));
        Ended refused = process.serve(noexec, Map.of("HOME", home.toString()), configured, address -> {});

        for (Ended ended : List.of(stopped, refused)) {
            assertEquals(2, ended.code(), ended::toString);
            assertTrue(ended.only().contains("noexec"), ended::toString);
            assertTrue(ended.only().contains("set NATIVES_DIR"), ended::toString);
        }
        moved.requireNoErrors();
        assertEquals(1, moved.out().size(), moved::toString);
        assertTrue(Files.isDirectory(Path.of(data(), "natives")), "natives in the data folder");
    }

    @Test
    void aUserWithoutAHomeFolderIsToldOfDataDirAndServedWithIt() throws Exception {
        Ended stopped = process.serve(Map.of(), "-Duser.home=?", "--port", "0");
        Ended served = process.serve(Map.of(), "-Duser.home=?", "--port", "0", "--data-dir", data());

        assertEquals(2, stopped.code());
        assertTrue(stopped.only().contains("set DATA_DIR"), stopped::toString);
        assertTrue(stopped.only().contains("HOME"), stopped::toString);
        served.requireNoErrors();
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

        Ended stopped = process.serve(unnamed, Map.of(), List.of("--port", "0"), address -> {});
        Ended served =
                process.serve(unnamed, home(), List.of("--port", "0", "--allow-no-lora", "true"), ServeProcess::draw);

        assertEquals(2, stopped.code(), stopped::toString);
        assertTrue(stopped.only().contains("set DATA_DIR"), stopped::toString);
        served.requireNoErrors();
        assertEquals(12_345, Files.getAttribute(folder.resolve("home/.local/share/atelier/atelier.db"), "unix:uid"));
    }
}
