package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Gateways whose PostgreSQL goes away and comes back. */
@Timeout(120)
class StoreOutageTest {
    private static final List<String> MODELS = List.of("a");

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private EmbeddedPostgres start(int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve("postgres"))
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "off")
                .setPort(port)
                .start();
    }

    private JobStore open(int port, Duration lease) {
        String url = "postgresql://postgres:postgres@localhost:" + port + "/postgres";
        return TestStores.open(vertx, new StoreSettings(folder, Optional.of(url), 256, 3, lease, Duration.ofHours(1)));
    }

    private static <T> Future<Boolean> succeeds(Future<T> future) {
        return future.map(done -> true).otherwise(false);
    }

    private static JobState state(JobStore store, Job job) {
        return store.find(job.id()).await().orElseThrow().state();
    }

    @Test
    void failsWhileTheDatabaseIsAwayAndGoesOnWhenItIsBack() throws Exception {
        EmbeddedPostgres first = start(0);
        int port = first.getPort();
        JobStore store = open(port, Duration.ofSeconds(30));
        Job job = store.submit(JobRequests.of("a", "p")).await().job();
        store.claim("cpu", MODELS).await();

        first.close();
        PipelineException away = assertThrows(
                PipelineException.class,
                () -> store.submit(JobRequests.of("a", "q")).await());
        assertEquals(ErrorCode.STORE_UNAVAILABLE, away.code());
        assertTrue(
                away.details().containsKey("retry_after_seconds"),
                away.details().toString());

        try (EmbeddedPostgres second = start(port)) {
            assertEquals(port, second.getPort());
            TestStores.until(vertx, () -> succeeds(store.renew(job.id(), 1)), renewed -> renewed);
            store.submit(JobRequests.of("a", "q")).await();
            store.close().await();
        }
    }

    @Test
    void leavesTheWorkOfOthersAloneWhoCouldNotSayThatTheyAreThere() throws Exception {
        EmbeddedPostgres first = start(0);
        int port = first.getPort();
        JobStore drawing = open(port, Duration.ofNanos(1000)); // lapsed as soon as the database is back
        JobStore sweeping = open(port, Duration.ofMillis(300));
        Job lost = drawing.submit(JobRequests.of("a", "p")).await().job();
        drawing.claim("cpu", MODELS).await();
        TestStores.until(
                vertx,
                () -> sweeping.sweep().compose(swept -> sweeping.find(lost.id())),
                found -> found.orElseThrow().state() == JobState.QUEUED);
        assertEquals(2, drawing.claim("cpu", MODELS).await().orElseThrow().attempt());
        JobTerms terms = JobTerms.DEFAULT.withHeldBy(drawing.gatewayId());
        Job held = drawing.submit(JobRequests.of("a", "q").on(terms)).await().job();

        first.close();
        assertFalse(succeeds(sweeping.sweep()).await());
        try (EmbeddedPostgres second = start(port)) {
            assertEquals(port, second.getPort());
            TestStores.until(vertx, () -> succeeds(sweeping.sweep()), swept -> swept);

            assertEquals(JobState.RUNNING, state(sweeping, lost));
            assertEquals(JobState.QUEUED, state(sweeping, held));
            TestStores.until(vertx, () -> succeeds(drawing.renew(lost.id(), 2)), renewed -> renewed);
            drawing.close().await();
            sweeping.close().await();
        }
    }
}
