package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How jobs go that were kept long enough. */
class HousekeepingTest {
    private static final int JOBS = 210; // more than are looked up at once

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void removesAllThatAreDueButThoseWhoseFilesCannotBeRemoved() {
        StoreSettings settings = TestStores.withTimes(StoreSettings.in(folder), Duration.ofSeconds(30), Duration.ZERO);
        JobStore store = TestStores.open(vertx, settings);
        for (int i = 0; i < JOBS; i++) {
            String id = store.submit(JobRequests.of("a", "p")).await().job().id();
            store.cancelRequest(id).await();
        }
        Set<String> removed = new HashSet<>();
        Set<String> stuck = new HashSet<>();
        GatewayInfo self = new GatewayInfo(store.gatewayId(), "all", List.of(), List.of(), List.of());
        Housekeeping housekeeping = new Housekeeping(store, () -> self, job -> {
            if (stuck.isEmpty()) {
                stuck.add(job.id());
                return Future.failedFuture("no right to");
            }
            removed.add(job.id());
            return Future.succeededFuture();
        });

        housekeeping.tidy().await();

        assertEquals(JOBS - 1, removed.size());
        assertEquals(
                stuck,
                Set.copyOf(store.discarded("").await().stream()
                        .map(DiscardedJob::id)
                        .toList()));
        store.close().await();
    }
}
