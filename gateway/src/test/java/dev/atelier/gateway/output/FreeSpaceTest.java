package dev.atelier.gateway.output;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeSpaceTest {
    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void refusesWhileLessIsFreeThanMustBe() {
        OutputStore outputs = new FolderOutputStore(vertx, folder.resolve("not/there/yet"));
        assertDoesNotThrow(outputs::requireRoom);

        outputs.watch(Map.of("data", folder), Long.MAX_VALUE).await();

        assertFalse(outputs.hasRoom());
        PipelineException refused = assertThrows(PipelineException.class, outputs::requireRoom);
        assertEquals(ErrorCode.STORAGE_FULL, refused.code());
        assertTrue(refused.details().containsKey("retry_after_seconds"));
    }

    @Test
    void letsPicturesInWhileThereIsRoom() {
        OutputStore outputs = new FolderOutputStore(vertx, folder);

        outputs.watch(Map.of("data", folder), 1).await();

        assertTrue(outputs.hasRoom());
        assertDoesNotThrow(outputs::requireRoom);
    }

    @Test
    void tellsHowMuchIsFree() {
        OutputStore outputs = new FolderOutputStore(vertx, folder.resolve("not/there/yet"));
        outputs.watch(Map.of("data", folder), 1).await();

        List<DiskSpace> disks = outputs.look().await();

        assertEquals(
                List.of("data", "outputs"),
                disks.stream().map(DiskSpace::folder).toList());
        for (DiskSpace disk : disks) {
            assertTrue(disk.freeBytes() > 0 && disk.freeBytes() <= disk.totalBytes(), disk.toString());
        }
    }
}
