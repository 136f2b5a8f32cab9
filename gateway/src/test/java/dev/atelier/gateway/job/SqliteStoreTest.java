package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the store in a folder does. */
class SqliteStoreTest {
    private final Vertx vertx = Vertx.vertx();

    @TempDir
    Path dataDir;

    private JobStore store;

    @BeforeEach
    void open() {
        store = JobStore.open(vertx, dataDir).await();
    }

    @AfterEach
    void close() {
        store.close().await();
        vertx.close().await();
    }

    @Test
    void letsNoSecondStoreIntoTheFolderAndKeepsTheFirstLocked() {
        for (int i = 0; i < 2; i++) {
            IOException refused = assertThrows(
                    IOException.class, () -> JobStore.open(vertx, dataDir).await());
            assertTrue(refused.getMessage().contains("in use"), refused.getMessage());
        }
        store.submit(JobRequests.of("a", "p")).await();
    }

    @Test
    void namesTheFolderThatItCannotUse(@TempDir Path other) throws IOException {
        Path file = Files.createFile(other.resolve("file"));
        Path broken = Files.createDirectories(other.resolve("broken"));
        Files.writeString(broken.resolve("atelier.db"), "this is no database, whatever its name says".repeat(100));

        for (Path folder : List.of(file, broken)) {
            IOException refused = assertThrows(
                    IOException.class, () -> JobStore.open(vertx, folder).await());
            assertTrue(refused.getMessage().contains(folder.toString()), refused.getMessage());
        }
    }

    @Test
    void keepsItsFilesToItsOwner() throws IOException {
        store.submit(JobRequests.of("a", "p")).await();

        for (String name : List.of("atelier.db", "atelier.db-wal")) {
            assertEquals(
                    PosixFilePermissions.fromString("rw-------"),
                    Files.getPosixFilePermissions(dataDir.resolve(name)),
                    name);
        }
    }

    @Test
    void tellsItsObserverWhatFailed(@TempDir Path other) {
        List<String> seen = new ArrayList<>();
        JobStore observed = JobStore.open(
                        vertx, StoreSettings.in(other), (operation, ok) -> seen.add(operation + " " + ok))
                .await();
        observed.submit(JobRequests.of("a", "p")).await();
        assertThrows(
                StaleAttemptException.class, () -> observed.renew("nobody", 1).await());
        observed.close().await();

        assertThrows(RuntimeException.class, () -> observed.find("x").await());
        assertEquals(List.of("open true", "submit true", "renew true", "find false"), seen);
    }
}
