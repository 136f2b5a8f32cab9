package dev.atelier.gateway.registry;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.TestPlugin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plugin zips made to harm. */
class HostileZipTest {
    @TempDir
    Path plugins;

    @TempDir
    Path data;

    /** Loads the plugins, of which one must be rejected for a reason, a good one beside it must not. */
    private void assertRejected(String zip, String reason) throws IOException {
        procedural("good").writeTo(plugins);
        try (PluginRegistry registry = PluginRegistry.load(plugins, data)) {
            PluginStatus status = registry.plugins().stream()
                    .filter(plugin -> plugin.id().equals(zip))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(registry.plugins()));
            assertEquals(PluginStatus.State.FAILED, status.state(), status.reason());
            assertTrue(status.reason().contains(reason), status.reason());
            assertTrue(status.reason().length() < 1100, status.reason());
            assertEquals(
                    1,
                    registry.plugins().stream()
                            .filter(plugin -> plugin.state() == PluginStatus.State.STARTED)
                            .count());
        }
        try (Stream<Path> unpacked = Files.list(data.resolve("plugins"))) {
            assertEquals(1, unpacked.filter(Files::isDirectory).count(), "the good one's folder and no other");
        }
    }

    private static void write(Path zip, String... paths) throws IOException {
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream entries = new ZipOutputStream(out)) {
            for (String path : paths) {
                entries.putNextEntry(new ZipEntry(path));
            }
        }
    }

    /** Replaces a text of the zip by one of the same length, in its directory and before each entry. */
    private static void patch(Path zip, String from, String to) throws IOException {
        String bytes = new String(Files.readAllBytes(zip), StandardCharsets.ISO_8859_1);
        assertTrue(bytes.contains(from));
        Files.write(zip, bytes.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void rejectsAZipThatUnpacksToManyTimesItsSize() throws IOException {
        procedural("bomb").file("classes/zeros", new byte[40 << 20]).writeTo(plugins);

        assertRejected("test-bomb-1.0.0.zip", "the zip unpacks to more than 100 times its size");
    }

    @Test
    void neverUnpacksWhatALibraryHolds() throws IOException {
        ByteArrayOutputStream jar = new ByteArrayOutputStream();
        try (ZipOutputStream entries = new ZipOutputStream(jar)) {
            byte[] zeros = new byte[1 << 20];
            entries.putNextEntry(new ZipEntry("zeros"));
            for (int i = 0; i < 500; i++) {
                entries.write(zeros);
            }
        }
        procedural("nested").file("lib/bomb.jar", jar.toByteArray()).writeTo(plugins);
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

        PluginArchive.unpack(plugins.resolve("test-nested-1.0.0.zip"), UnpackFolder.claim(data), TrustedKeys.ANY);

        double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before) / 1e9;
        assertTrue(seconds < 2, "CPU seconds: " + seconds);
    }

    @Test
    void rejectsAZipOfTooManyEntries() throws IOException {
        String[] paths = Stream.iterate(0, i -> i + 1)
                .limit(20_001)
                .map(i -> "classes/" + i)
                .toArray(String[]::new);
        write(plugins.resolve("many.zip"), paths);

        assertRejected("many.zip", "at most 20000 entries");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/etc/passwd",
                "../escaped",
                "classes/../../escaped",
                "classes/../inside",
                "./classes/a",
                "classes//a",
                "classes\\a",
                "C:/a",
                "classes/a\u0000b",
                "classes/a\u001b[2J",
                "classes/a\u202eb",
                ".."
            })
    void rejectsAnEntryWithoutAPlainPath(String path) throws IOException {
        write(plugins.resolve("path.zip"), path);

        assertRejected("path.zip", "has no plain path inside the plugin's folder");
    }

    @Test
    void rejectsALongPath() throws IOException {
        write(plugins.resolve("long.zip"), "classes/" + "x".repeat(60_000));

        assertRejected("long.zip", "may have at most 300 characters but has 60008");
    }

    @Test
    void rejectsEntriesThatCollide() throws IOException {
        write(plugins.resolve("twice.zip"), "classes/a1", "classes/a2");
        patch(plugins.resolve("twice.zip"), "classes/a2", "classes/a1");
        assertRejected("twice.zip", "collides with 'classes/a1'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"classes/Name", "CLASSES/other", "classes/name/below", "classes/name/"})
    void rejectsEntriesThatSomeFileSystemsTakeForOne(String second) throws IOException {
        write(plugins.resolve("case.zip"), "classes/name", second);

        assertRejected("case.zip", "collides with 'classes");
    }

    @Test
    void rejectsASymbolicLink() throws IOException {
        Path zip = plugins.resolve("link.zip");
        write(zip, "classes/link");
        byte[] bytes = Files.readAllBytes(zip);
        int entry = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("PK\u0001\u0002");
        bytes[entry + 5] = 3; // made by Unix
        bytes[entry + 41] = (byte) 0xa1; // a symbolic link, 0120777
        bytes[entry + 40] = (byte) 0xff;
        Files.write(zip, bytes);

        assertRejected("link.zip", "symbolic link");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../etc",
                "a b",
                "a/b",
                "a\\\\b",
                ".hidden",
                "-option",
                "a\"b",
                "a{b=c}",
                "\\u00e4",
                "\\u001b[2J"
            })
    void rejectsAnIdThatIsNoPlainName(String id) throws IOException {
        rename(procedural("named").property("plugin.id", "id").writeTo(plugins), "id-1.0.0.zip", id);

        assertRejected("x.zip", "plugin.id must match");
    }

    /** Writes the plugin again with another id in its description, in a zip called x. */
    private void rename(Path zip, String expected, String id) throws IOException {
        assertEquals(expected, zip.getFileName().toString());
        Files.delete(zip);
        try (OutputStream out = Files.newOutputStream(plugins.resolve("x.zip"));
                ZipOutputStream entries = new ZipOutputStream(out)) {
            entries.putNextEntry(new ZipEntry("plugin.properties"));
            entries.write(("plugin.id=" + id + "\nplugin.version=1.0.0\n").getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void boundsTheIdTheVersionAndTheWholeDescription() throws IOException {
        rename(procedural("named").property("plugin.id", "id").writeTo(plugins), "id-1.0.0.zip", "i".repeat(65));
        assertRejected("x.zip", "plugin.id must match");
        rename(procedural("named").property("plugin.id", "id").writeTo(plugins), "id-1.0.0.zip", "i".repeat(60_000));
        assertRejected("x.zip", "plugin.id must match");
        rename(procedural("named").property("plugin.id", "id").writeTo(plugins), "id-1.0.0.zip", "i".repeat(70_000));
        assertRejected("x.zip", "plugin.properties may have at most 65536 bytes");
        rename(
                procedural("named").property("plugin.id", "id").writeTo(plugins),
                "id-1.0.0.zip",
                "id\nplugin.dependencies=" + "a,".repeat(200) + "\nplugin.dummy=");
        assertRejected("x.zip", "plugin.dependencies must match");
    }

    @Test
    void takesAnIdOfTheGreatestLength() throws IOException {
        String id = "A" + "z9._-".repeat(12) + "xyz";
        TestPlugin plugin = procedural("named").property("plugin.id", id);
        plugin.writeTo(plugins);
        try (PluginRegistry registry = PluginRegistry.load(plugins, data)) {
            assertEquals(PluginStatus.State.STARTED, registry.plugins().get(0).state());
            assertEquals(id, registry.plugins().get(0).id());
        }
    }

    @Test
    void countsBytesWhileItUnpacksWhateverTheEntriesDeclare() throws IOException {
        Path zip = procedural("large")
                .file("lib/a", new byte[5000])
                .file("lib/b", new byte[5000])
                .writeTo(plugins);
        ZipBounds entry = new ZipBounds(1 << 20, 100, 300, 4999, 1 << 20, 1000);
        ZipBounds sum = new ZipBounds(1 << 20, 100, 300, 1 << 20, 10_000, 1000);
        ZipBounds size = new ZipBounds(1000, 100, 300, 1 << 20, 1 << 20, 1000);

        assertTrue(message(zip, entry).contains("unpacks to more than 4999 bytes"), message(zip, entry));
        assertTrue(message(zip, sum).contains("the zip unpacks to more than 10000 bytes"), message(zip, sum));
        IOException tooLarge = assertThrows(IOException.class, () -> ZipDirectory.check(zip, size));
        assertTrue(tooLarge.getMessage().contains("at most 1000 bytes"), tooLarge.getMessage());
    }

    private String message(Path zip, ZipBounds bounds) throws IOException {
        Path target = Files.createTempDirectory(data, "target");
        return assertThrows(IOException.class, () -> ZipExtraction.extract(zip, target, bounds, (name, file) -> {}))
                .getMessage();
    }

    @Test
    void waitsForAZipThatIsCutAnywhere() throws IOException {
        byte[] whole = Files.readAllBytes(procedural("cut").writeTo(data.resolve("elsewhere")));
        Path zip = plugins.resolve("cut.zip");
        for (int length : List.of(0, 1, 21, 22, whole.length / 2, whole.length - 23, whole.length - 1)) {
            Files.write(zip, java.util.Arrays.copyOf(whole, length));
            assertThrows(
                    ZipException.class, () -> ZipDirectory.check(zip, ZipBounds.DEFAULT), () -> "cut to " + length);
        }
    }
}
