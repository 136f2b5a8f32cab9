package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store whose password changes while it is open. */
@Timeout(120)
class PasswordRotationTest {
    @TempDir
    static Path data;

    private static PasswordPostgres server;

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final LogLines log = new LogLines();

    @BeforeAll
    static void start() throws Exception {
        server = new PasswordPostgres(data.resolve("postgres"));
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @AfterEach
    void close() {
        log.close();
        vertx.close().await();
    }

    private JobStore open(String url, Optional<Path> file) {
        return TestStores.open(
                vertx,
                new StoreSettings(folder, Optional.of(url), 256, 3, Duration.ofSeconds(30), Duration.ofHours(1))
                        .withDatabaseUrlFile(file));
    }

    private static Future<Boolean> submitted(JobStore store) {
        return store.submit(JobRequests.of("a", "p")).map(done -> true).otherwise(false);
    }

    private void awaitAccepted(JobStore store) throws Exception {
        TestStores.until(vertx, () -> submitted(store), done -> done);
    }

    private void awaitProblem(JobStore store, String text) throws Exception {
        TestStores.until(
                vertx,
                () -> submitted(store).map(done -> store.problem().orElse("")),
                problem -> problem.contains(text));
    }

    private void assertNotLogged(String secret) {
        assertEquals(List.of(), log.with(secret));
    }

    @Test
    void logsEachCauseOnceAndRecoversWhenTheServerAcceptsItAgain() throws Exception {
        server.createOwner("rotating", "s3cret");
        JobStore store = open(server.url("rotating", "s3cret"), Optional.empty());

        server.sql("ALTER ROLE rotating PASSWORD 'other'");
        server.endConnections("rotating");
        awaitProblem(store, "rejected the user name or password");
        server.sql("ALTER ROLE rotating NOLOGIN PASSWORD 's3cret'");
        awaitProblem(store, "may not log in");
        server.sql("ALTER ROLE rotating LOGIN");
        awaitAccepted(store);

        assertEquals(Optional.empty(), store.problem());
        assertEquals(
                1,
                log.with("cause=PASSWORD_REJECTED").size(),
                log.with("cause=").toString());
        assertEquals(
                1, log.with("cause=ROLE_REJECTED").size(), log.with("cause=").toString());
        assertEquals(1, log.with("database available again").size());
        assertNotLogged("s3cret");
        store.close().await();
    }

    @Test
    void readsTheFileOfTheUrlAgainAfterAnAuthenticationFailure() throws Exception {
        server.createOwner("filed", "first");
        String before = server.url("filed", "first");
        Path file = Files.writeString(folder.resolve("url"), before + "\n");
        JobStore store = open(before, Optional.of(file));
        Job job = store.submit(JobRequests.of("a", "p")).await().job();

        server.sql("ALTER ROLE filed PASSWORD 's3cond'");
        server.endConnections("filed");
        awaitProblem(store, "rejected the user name or password");
        Files.writeString(file, "half of a URL with s3cond in it");
        TestStores.until(
                vertx,
                () -> Future.succeededFuture(log.with("DATABASE_URL_FILE cannot be read")),
                lines -> lines.size() == 1);
        Files.writeString(file, server.url("filed", "s3cond") + "\n");
        awaitAccepted(store);

        assertTrue(store.find(job.id()).await().isPresent());
        assertEquals(1, log.with("DATABASE_URL_FILE was changed").size());
        assertNotLogged("s3cond");
        store.close().await();
    }

    @Test
    void notifiesOfNoFailureWhereTheFileWasRotatedInTime() throws Exception {
        server.createOwner("timely", "first");
        String before = server.url("timely", "first");
        Path file = Files.writeString(folder.resolve("url"), before);
        JobStore store = open(before, Optional.of(file));

        Files.writeString(file, server.url("timely", "s3cond"));
        server.sql("ALTER ROLE timely PASSWORD 's3cond'");
        server.endConnections("timely");
        awaitAccepted(store);

        assertEquals(List.of(), log.with("PASSWORD_REJECTED"));
        store.close().await();
    }

    @Test
    void movesToAnotherDatabaseThatTheFileNames() throws Exception {
        server.createOwner("leaving", "first");
        server.createOwner("coming", "s3cond");
        String before = server.url("leaving", "first");
        Path file = Files.writeString(folder.resolve("url"), before);
        open(server.url("coming", "s3cond"), Optional.empty()).close().await(); // creates the tables
        JobStore store = open(before, Optional.of(file));

        Files.writeString(file, server.url("coming", "s3cond"));
        server.sql("ALTER ROLE leaving NOLOGIN");
        server.endConnections("leaving");

        awaitAccepted(store);
        assertEquals(1, log.with("DATABASE_URL_FILE was changed").size());
        store.close().await();
    }
}
