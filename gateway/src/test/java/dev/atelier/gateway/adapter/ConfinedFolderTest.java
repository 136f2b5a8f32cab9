package dev.atelier.gateway.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.AdapterFixture;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfinedFolderTest {
    @TempDir
    Path folder;

    @Test
    void listsWhatCanBeReadAlsoBelowALink() throws IOException {
        Path base = folder.resolve("loras");
        Path file = AdapterFixture.write(base.resolve("job/my.safetensors"), "weights");
        Path closed = Files.createDirectory(base.resolve("lost+found"));
        Files.setPosixFilePermissions(closed, Set.of());
        Files.createSymbolicLink(base.resolve("dangling.safetensors"), Path.of("absent"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), base);

        for (Path each : List.of(base, link)) {
            assertEquals(
                    List.of(new ListedAdapter(
                            "job/my.safetensors",
                            Files.size(file),
                            Files.getLastModifiedTime(file).toInstant())),
                    new ConfinedFolder(each).list());
        }
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    }

    private static List<String> closest(Path base, String name) throws IOException {
        return new ConfinedFolder(base).closest(name, 3);
    }

    @Test
    void namesTheFilesThatResembleAMissingOneMost() throws IOException {
        for (String name : List.of(
                "ab.safetensors",
                "style/Portrait_v2.safetensors",
                "style/portrait_v10.safetensors",
                "zebra.safetensors")) {
            AdapterFixture.write(folder.resolve(name), "weights");
        }
        Files.writeString(folder.resolve("portrait_v2.txt"), "no adapter");
        Files.createSymbolicLink(folder.resolve("portrait.safetensors"), Path.of("/etc/passwd"));

        assertEquals("ab.safetensors", closest(folder, "a.safetensors").get(0));
        assertEquals("ab.safetensors", closest(folder, "ba").get(0), "swapped, without the extension");
        assertEquals(
                List.of("style/Portrait_v2.safetensors", "style/portrait_v10.safetensors", "zebra.safetensors"),
                closest(folder, "portrait_v2.safetensors"));
        assertEquals(
                "style/portrait_v10.safetensors",
                closest(folder, "styles/portrait_v100.safetensors").get(0));
    }

    @Test
    void ofFilesOfOneNameTheFolderDecides() throws IOException {
        for (String job : List.of("anna", "bernd", "carla", "doris")) {
            AdapterFixture.write(folder.resolve(job + "/lora.safetensors"), "weights");
        }

        assertEquals(
                "carla/lora.safetensors",
                closest(folder, "clara/lora.safetensors").get(0));
        assertEquals(3, closest(folder, "clara/lora.safetensors").size());
    }

    @Test
    void findsNoNameInAFolderThatIsEmptyOrAbsent() throws IOException {
        assertEquals(List.of(), closest(folder, "a"));
        assertEquals(List.of(), closest(folder.resolve("absent"), "a"));
    }

    @Test
    void comparesABoundedPartOfALargeFolderAndOfALongName() throws IOException {
        for (int i = 0; i < 6000; i++) {
            Files.createFile(folder.resolve("lora" + i + ".safetensors"));
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadCpuTime();

        assertEquals(3, closest(folder, "x".repeat(1_000_000)).size());

        long used = threads.getCurrentThreadCpuTime() - before;
        assertTrue(used < 2_000_000_000L, used + " ns");
    }
}
