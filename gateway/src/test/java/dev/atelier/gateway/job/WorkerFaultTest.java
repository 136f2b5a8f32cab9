package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of two gateways claims a job that failed by its worker's fault. */
class WorkerFaultTest {
    private static final List<String> MODELS = List.of("a");

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private JobStore store;
    private JobStore other;

    @BeforeEach
    void open() {
        StoreSettings settings = TestStores.withTimes(
                TestStores.settings(Dialect.POSTGRESQL, folder), Duration.ofMinutes(10), Duration.ofHours(1));
        store = TestStores.open(vertx, settings);
        other = TestStores.open(vertx, settings);
    }

    @AfterEach
    void close() {
        store.close().await();
        other.close().await();
        vertx.close().await();
    }

    private Job submit(String prompt) {
        return store.submit(JobRequests.of("a", prompt)).await().job();
    }

    private static GatewayInfo info(JobStore store, String... models) {
        return new GatewayInfo(store.gatewayId(), "all", List.of(models), List.of(models), List.of("cpu"));
    }

    @Test
    void leavesAJobThatFailedByItsWorkersFaultToAnotherGatewayWhileOneCanDoIt() {
        JobError error = new JobError(ErrorCode.STORAGE_UNAVAILABLE, "m", Map.of());
        Job job = submit("p");
        Job next = submit("q");
        store.register(info(store, "a")).await();
        other.register(info(other, "a")).await();
        store.register(info(store, "a")).await();
        store.claim("cpu", MODELS).await();

        assertEquals(JobState.QUEUED, store.requeueLost(job.id(), 1, error).await());

        assertEquals(
                next.id(), store.claim("cuda:0", MODELS).await().orElseThrow().id(), "by none of its devices");
        assertTrue(store.claim("cpu", MODELS).await().isEmpty());
        assertEquals(job.id(), other.claim("cpu", MODELS).await().orElseThrow().id());
        other.requeueLost(job.id(), 2, error).await();
        assertTrue(other.isServedElsewhere("a"));
        assertTrue(other.claim("cpu", MODELS).await().isEmpty());
        assertEquals(3, store.claim("cpu", MODELS).await().orElseThrow().attempt());
    }

    @Test
    void claimsAJobAgainThatFailedByItsOwnFaultWhenNoOtherGatewayCanDoIt() {
        JobError error = new JobError(ErrorCode.STORAGE_FULL, "m", Map.of());
        Job job = submit("p");
        for (GatewayInfo unable : List.of(
                info(other, "b"),
                new GatewayInfo(other.gatewayId(), "worker", List.of("a"), List.of("a"), List.of()))) {
            other.register(unable).await();
            store.register(info(store, "a")).await();
            Job claimed = store.claim("cpu", MODELS).await().orElseThrow();
            store.requeueLost(job.id(), claimed.attempt(), error).await();
        }
        other.leave().await();
        store.register(info(store, "a")).await();

        assertEquals(3, store.claim("cpu", MODELS).await().orElseThrow().attempt());
        assertEquals(JobState.FAILED, store.requeueLost(job.id(), 3, error).await());
        assertEquals(error, store.find(job.id()).await().orElseThrow().error());
    }
}
