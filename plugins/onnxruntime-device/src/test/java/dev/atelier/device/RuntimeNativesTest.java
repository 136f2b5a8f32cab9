package dev.atelier.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("changes a system property")
class RuntimeNativesTest {
    private static final String FOLDER = "onnxruntime.native.path";

    @TempDir
    Path base;

    private String before;

    @BeforeEach
    void forget() {
        before = System.clearProperty(FOLDER);
    }

    @AfterEach
    void restore() {
        System.clearProperty(FOLDER);
        if (before != null) {
            System.setProperty(FOLDER, before);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().collect(Collectors.toList());
        }
    }

    @Test
    void unpacksIntoAFolderNamedAfterTheJarWithoutTheCudaProvider() throws IOException {
        new RuntimeNatives(base).prepare(false);

        Path folder = Path.of(System.getProperty(FOLDER));
        assertEquals(List.of(folder), files(base));
        assertTrue(folder.getFileName().toString().matches("onnxruntime.*-1\\..*"), folder.toString());
        assertTrue(files(folder).contains(folder.resolve(System.mapLibraryName("onnxruntime"))));
        assertTrue(files(folder).stream().noneMatch(file -> file.toString().contains("cuda")));
    }

    @Test
    void unpacksNothingTwiceButReplacesAShortFile() throws IOException {
        new RuntimeNatives(base).prepare(false);
        Path library = Path.of(System.getProperty(FOLDER), System.mapLibraryName("onnxruntime"));
        Path other = Path.of(System.getProperty(FOLDER), System.mapLibraryName("onnxruntime4j_jni"));
        long size = Files.size(library);
        FileTime past = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
        Files.write(library, new byte[3]);
        Files.setLastModifiedTime(other, past);

        System.clearProperty(FOLDER);
        new RuntimeNatives(base).prepare(false);

        assertEquals(size, Files.size(library));
        assertEquals(past, Files.getLastModifiedTime(other));
    }

    @Test
    void survivesSeveralAtOnceAndLeavesNoScratch() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Void>> tasks = IntStream.range(0, 4)
                    .mapToObj(i -> (Callable<Void>) () -> {
                        new RuntimeNatives(base).prepare(false);
                        return null;
                    })
                    .toList();
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }

        Path folder = Path.of(System.getProperty(FOLDER));
        assertTrue(files(folder).stream()
                .noneMatch(file -> file.getFileName().toString().startsWith(".")));
    }

    @Test
    void whereEverybodyWritesTheFolderIsThisUsersAlone() throws IOException {
        RuntimeNatives.in(base).prepare(false);

        Path own = base.resolve("atelier-" + System.getProperty("user.name"));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(own)));
        assertTrue(Path.of(System.getProperty(FOLDER)).startsWith(own));

        System.clearProperty(FOLDER);
        RuntimeNatives.in(base).prepare(false);
        assertEquals(List.of(own), files(base));
    }

    @Test
    void whereEverybodyWritesNothingThatAnotherCouldHavePutThereIsTrusted() throws IOException {
        Path own = base.resolve("atelier-" + System.getProperty("user.name"));
        Path others = Files.createDirectory(
                base.resolve("others"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createSymbolicLink(own, others);
        assertThrows(IOException.class, () -> RuntimeNatives.in(base).prepare(false));
        assertEquals(List.of(), files(others));

        Files.delete(own);
        Files.createDirectory(own);
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThrows(IOException.class, () -> RuntimeNatives.in(base).prepare(false));
        assertEquals(List.of(), files(own));
    }

    @Test
    void respectsTheOperatorsFolder() throws IOException {
        System.setProperty(FOLDER, "/opt/onnxruntime");

        new RuntimeNatives(base).prepare(true);

        assertEquals("/opt/onnxruntime", System.getProperty(FOLDER));
        assertEquals(List.of(), files(base));
    }
}
