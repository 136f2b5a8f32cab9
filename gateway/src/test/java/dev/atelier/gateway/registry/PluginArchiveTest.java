package dev.atelier.gateway.registry;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PluginArchiveTest {
    @TempDir
    Path plugins;

    @TempDir
    Path data;

    private PluginRegistry registry;

    @AfterEach
    void close() {
        if (registry != null) {
            registry.close();
        }
    }

    private List<PluginStatus> load() {
        registry = PluginRegistry.load(plugins, data);
        return registry.plugins();
    }

    private PluginStatus status(String id) {
        return registry.plugins().stream()
                .filter(plugin -> plugin.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private void assertFailed(String id, String reason) {
        PluginStatus status = status(id);
        assertEquals(PluginStatus.State.FAILED, status.state());
        assertTrue(status.reason().contains(reason), status.reason());
        assertEquals(List.of(), status.models());
    }

    @Test
    void unpacksUnderTheHashAndReadsAReadOnlyFolder() throws IOException {
        Path zip = procedural("one").writeTo(plugins);
        Files.setPosixFilePermissions(plugins, PosixFilePermissions.fromString("r-xr-xr-x"));

        load();
        registry.close();
        load();

        try (Stream<Path> unpacked = Files.list(data.resolve("plugins"))) {
            List<String> names = unpacked.filter(Files::isDirectory)
                    .map(path -> path.getFileName().toString())
                    .toList();
            assertEquals(1, names.size(), "one folder, and no scratch left: " + names);
            assertTrue(names.get(0).matches("[0-9a-f]{64}"), names.get(0));
        }
        try (Stream<Path> beside = Files.list(plugins)) {
            assertEquals(List.of(zip), beside.toList());
        }
        Files.setPosixFilePermissions(plugins, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void keepsWhatItUnpacksToItsOwner() throws IOException {
        procedural("one").writeTo(plugins);

        load();

        try (Stream<Path> unpacked = Files.walk(data.resolve("plugins"))) {
            for (Path file : unpacked.toList()) {
                assertEquals(
                        PosixFilePermissions.fromString(Files.isDirectory(file) ? "rwx------" : "rw-------"),
                        Files.getPosixFilePermissions(file),
                        file::toString);
            }
        }
    }

    @Test
    void clearsUpAtTheStartWhatNoPluginIsUnpackedTo() throws IOException {
        procedural("one").writeTo(plugins);
        Path unpacked = data.resolve("plugins");
        for (String name : List.of("0".repeat(64), ".unpacking-1", ".removing-2", "not-ours")) {
            Files.createFile(Files.createDirectories(unpacked.resolve(name)).resolve("left"));
        }

        load();

        try (Stream<Path> left = Files.list(unpacked)) {
            List<String> names = left.map(path -> path.getFileName().toString())
                    .filter(name -> name.length() < 64 || name.equals("0".repeat(64)))
                    .sorted()
                    .toList();
            assertEquals(List.of(".lock", "not-ours"), names);
        }
        assertEquals(PluginStatus.State.STARTED, status("test-one").state());
    }

    @Test
    void keepsASecondGatewayOutOfWhatTheFirstIsLoadedFrom() throws IOException {
        Path zip = procedural("one").writeTo(plugins);
        load();
        Files.delete(zip);
        procedural("two").writeTo(plugins);

        PluginRegistry.load(plugins, data).close();

        try (Stream<Path> first = Files.list(data.resolve("plugins"));
                Stream<Path> second = Files.list(data.resolve("plugins-2"))) {
            assertEquals(1, first.filter(Files::isDirectory).count(), "what the first is loaded from");
            assertEquals(1, second.filter(Files::isDirectory).count());
        }
        registry.close();
        load();
        assertFalse(Files.exists(data.resolve("plugins-3")));
        assertEquals(PluginStatus.State.STARTED, status("test-two").state());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev/atelier/plugin/Profile.class",
                "org/pf4j/Plugin.class",
                "ai/onnxruntime/OrtSession.class",
                "ai/djl/huggingface/tokenizers/HuggingFaceTokenizer.class",
                "org/slf4j/Logger.class",
                "org/jspecify/annotations/Nullable.class"
            })
    void refusesAZipThatBringsWhatTheGatewayProvides(String path) throws IOException {
        procedural("loose").file("classes/" + path, new byte[1]).writeTo(plugins);
        procedural("packed").file("lib/some.jar", jar(path)).writeTo(plugins);

        load();

        assertFailed("test-loose-1.0.0.zip", path);
        assertFailed("test-packed-1.0.0.zip", path);
    }

    private static byte[] jar(String path) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream jar = new ZipOutputStream(bytes)) {
            jar.putNextEntry(new ZipEntry(path));
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../escaped", "classes/../../escaped", "/tmp/../escaped"})
    void refusesAZipThatLeavesItsFolder(String path) throws IOException {
        procedural("slip").file(path, new byte[1]).writeTo(plugins);

        load();

        assertFailed("test-slip-1.0.0.zip", path);
        assertFalse(Files.exists(data.resolve("plugins").resolve("escaped")));
    }

    @Test
    void failsWhatIsNoPluginZip() throws IOException {
        Files.writeString(plugins.resolve("text.zip"), "this is no zip");
        Files.writeString(plugins.resolve("notes.txt"), "ignored");
        Files.write(plugins.resolve("bare.zip"), jar("some/File.class"));
        procedural("good").writeTo(plugins);

        assertEquals(3, load().size());
        assertEquals(PluginStatus.State.WAITING, status("text.zip").state(), "it may not be there in full");
        assertFailed("bare.zip", "plugin.properties");
    }
}
