package dev.atelier.gateway.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.gateway.testplugin.AdapterFixture;
import java.io.IOException;
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
}
