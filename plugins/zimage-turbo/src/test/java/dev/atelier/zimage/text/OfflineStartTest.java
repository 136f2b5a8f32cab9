package dev.atelier.zimage.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.zimage.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts processes without any of the environment that our launcher and build set. */
class OfflineStartTest {
    @TempDir
    private Path home;

    @Test
    void nothingIsAskedOfAnyHost() throws IOException, InterruptedException {
        String output = start("ours");
        assertTrue(output.contains("offline true"), output);
        assertTrue(output.contains("flavor cpu"), output);
        assertTrue(output.contains("ids "), output);
        assertFalse(output.contains("asked "), output);
    }

    @Test
    void theTrapWouldHaveSeenTheLibraryAsk() throws IOException, InterruptedException {
        String output = start("bare");
        assertTrue(output.contains("asked 169.254.169.254"), output);
    }

    @Test
    void nativesAreUnpackedOncePerUserAndNothingPerStart() throws IOException, InterruptedException {
        start("ours");
        List<Path> first = files(home);
        assertEquals(1, first.size(), first.toString());
        assertTrue(first.get(0).startsWith(home.resolve(".cache/atelier/natives")), first.toString());
        FileTime unpacked = Files.getLastModifiedTime(first.get(0));
        start("ours");
        assertEquals(first, files(home));
        assertEquals(unpacked, Files.getLastModifiedTime(first.get(0)));
        assertEquals(List.of(), files(home.resolve("tmp")));
    }

    private String start(String how) throws IOException, InterruptedException {
        Path temporary = Files.createDirectories(home.resolve("tmp"));
        Path output = temporary.resolve("output.txt");
        ProcessBuilder process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Duser.home=" + home,
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                classPath(),
                OfflineStart.class.getName(),
                Golden.DEMO.resolve("tokenizer").toString(),
                how);
        process.environment().clear();
        process.redirectErrorStream(true).redirectOutput(output.toFile());
        int status = process.start().waitFor();
        String text = Files.readString(output, StandardCharsets.UTF_8);
        Files.delete(output);
        assertEquals(0, status, text);
        return text;
    }

    private static String classPath() {
        // Surefire starts from a jar that only names the real class path.
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
