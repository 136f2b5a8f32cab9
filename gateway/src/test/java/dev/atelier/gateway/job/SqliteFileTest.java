package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A SQLite store whose files are removed, replaced, damaged or locked while it is open. */
@Timeout(120)
class SqliteFileTest {
    private final Vertx vertx = Vertx.vertx();
    private final LogLines log = new LogLines();

    @TempDir
    Path folder;

    private Path file;
    private JobStore store;

    @BeforeEach
    void open() {
        store = JobStore.open(vertx, folder).await();
        file = folder.resolve("atelier.db");
    }

    @AfterEach
    void close() {
        store.close().await();
        log.close();
        vertx.close().await();
    }

    private Job submit() {
        return store.submit(JobRequests.of("a", "p")).await().job();
    }

    private void assertRefused() {
        for (Future<?> write : List.of(store.submit(JobRequests.of("a", "q")), store.claim("cpu", List.of("a")))) {
            PipelineException refused = assertThrows(PipelineException.class, write::await);
            assertEquals(ErrorCode.STORE_UNAVAILABLE, refused.code());
            assertEquals(5, refused.details().get("retry_after_seconds"));
        }
    }

    private void awaitProblem(String text) throws Exception {
        TestStores.until(
                vertx,
                () -> store.snapshot().map(read -> store.problem().orElse("")),
                problem -> problem.contains(text));
    }

    private void reopen() {
        store.close().await();
        store = JobStore.open(vertx, folder).await();
    }

    @Test
    void refusesJobsOnceItsFileIsRemovedAndNeverCreatesAnother() throws Exception {
        Job job = submit();

        Files.delete(file);

        assertRefused();
        awaitProblem("removed or renamed");
        assertTrue(store.find(job.id()).await().isPresent(), "what is open can still be read");
        assertFalse(Files.exists(file));
        assertEquals(
                1,
                log.with("ERROR database unavailable").size(),
                log.with("ERROR").toString());
        assertTrue(
                log.with("ERROR").get(0).contains(file.toString()),
                log.with("ERROR").toString());
        reopen();
        assertEquals(2, log.with("database created file=").size(), "both starts say that they begin anew");
        submit();
    }

    @Test
    void findsOutByItselfWhenNothingIsWritten() throws Exception {
        Files.delete(file);

        awaitProblem("removed or renamed");

        assertEquals(1, log.with("ERROR database unavailable").size());
    }

    @Test
    void usesNoOtherFileThatTakesThePlaceOfItsOwn(@TempDir Path elsewhere) throws Exception {
        Job job = submit();
        JobStore other = JobStore.open(vertx, elsewhere).await();
        Job foreign = other.submit(JobRequests.of("a", "foreign")).await().job();
        other.close().await();
        Path backup = elsewhere.resolve("atelier.db");

        Files.move(backup, file, StandardCopyOption.REPLACE_EXISTING);

        assertRefused();
        awaitProblem("another file has replaced");
        assertEquals(Optional.empty(), store.find(foreign.id()).await());
        assertEquals(1, log.with("ERROR database unavailable").size());
        reopen();
        assertEquals(Optional.empty(), store.problem());
        assertTrue(store.find(foreign.id()).await().isPresent(), "the new file is used after a restart, undamaged");
        assertEquals(Optional.empty(), store.find(job.id()).await());
    }

    @Test
    void goesOnWhenTheSameFileIsBackAndHasLostNothing(@TempDir Path elsewhere) throws Exception {
        Job before = submit();
        Path moved = elsewhere.resolve("moved.db");
        Files.move(file, moved);
        assertRefused();
        assertEquals(List.of(before.id()), ids(moved), "the moved file is complete without its log");

        Files.move(moved, file);
        awaitNoProblem();
        Job after = submit();

        assertEquals(1, log.with("database available again").size());
        reopen();
        assertTrue(store.find(before.id()).await().isPresent());
        assertTrue(store.find(after.id()).await().isPresent());
    }

    private void awaitNoProblem() throws Exception {
        TestStores.until(vertx, () -> store.snapshot().map(read -> store.problem()), Optional::isEmpty);
    }

    private static List<String> ids(Path database) throws SQLException {
        List<String> ids = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT id FROM jobs")) {
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
        }
        return ids;
    }

    @Test
    void refusesJobsOnceItsLogIsRemovedAndLosesNothing() throws Exception {
        Job job = submit();

        Files.delete(folder.resolve("atelier.db-wal"));

        assertRefused();
        awaitProblem("atelier.db-wal");
        reopen();
        assertTrue(store.find(job.id()).await().isPresent());
        submit();
    }

    @Test
    void refusesJobsOnceItsFolderIsGone(@TempDir Path elsewhere) throws Exception {
        submit();

        Files.move(folder, elsewhere.resolve("moved"));

        assertRefused();
        awaitProblem("removed or renamed");
        Files.move(elsewhere.resolve("moved"), folder);
        awaitNoProblem();
        submit();
    }

    @Test
    void keepsItsFilesToItsOwnerWhileItIsOpen() throws Exception {
        submit();
        Path wal = folder.resolve("atelier.db-wal");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setPosixFilePermissions(wal, PosixFilePermissions.fromString("rw-r--r--"));

        TestStores.until(
                vertx,
                () -> store.snapshot().map(read -> List.of(mode(file), mode(wal))),
                modes -> modes.equals(List.of("rw-------", "rw-------")));
    }

    private static String mode(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void saysWhenItCreatesAFile(@TempDir Path fresh) throws Exception {
        JobStore created = JobStore.open(vertx, fresh).await();
        created.close().await();
        JobStore.open(vertx, fresh).await().close().await();

        assertEquals(
                1,
                log.with("database created file=" + fresh.resolve("atelier.db")).size());
    }

    @Test
    void namesAFileThatIsNoDatabaseAndOneThatIsDamaged() throws Exception {
        submit();
        store.close().await();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long size = channel.size();
            channel.write(ByteBuffer.wrap(new byte[(int) size - 4096]), 4096);
        }
        IOException damaged = assertThrows(
                IOException.class, () -> JobStore.open(vertx, folder).await());
        assertTrue(damaged.getMessage().contains("is damaged"), damaged.getMessage());

        Files.writeString(file, "this is text".repeat(1000));
        IOException text = assertThrows(
                IOException.class, () -> JobStore.open(vertx, folder).await());
        assertTrue(text.getMessage().contains("is no SQLite database"), text.getMessage());

        Files.delete(file);
        store = JobStore.open(vertx, folder).await();
    }

    @Test
    void namesALockOfAnotherProcess() throws Exception {
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = other.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");

            PipelineException refused = assertThrows(PipelineException.class, this::submit);

            assertEquals(ErrorCode.STORE_UNAVAILABLE, refused.code());
            assertTrue(
                    store.problem().orElseThrow().contains("locked"),
                    store.problem().toString());
            statement.execute("ROLLBACK");
        }
        submit();
        assertEquals(Optional.empty(), store.problem());
    }

    @Test
    void tellsAFullDiskFromAFileThatCannotBeWritten() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("other.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (v BLOB)");
            statement.execute("PRAGMA max_page_count = 2");
            SQLException full =
                    assertThrows(SQLException.class, () -> statement.execute("INSERT INTO t VALUES (zeroblob(99999))"));
            statement.execute("PRAGMA query_only = ON");
            SQLException readOnly =
                    assertThrows(SQLException.class, () -> statement.execute("INSERT INTO t VALUES (1)"));

            assertEquals(Optional.of(StoreProblem.DISK_FULL), StoreProblem.of(full));
            assertEquals(Optional.of(StoreProblem.FILE_READ_ONLY), StoreProblem.of(readOnly));
        }
    }
}
