package dev.atelier.gateway.metrics;

import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.QueueSnapshot;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How full the queue is, as a value that is looked up every few seconds: a scrape never waits for the store. Gateways
 * that share a store show the same numbers.
 */
final class QueueGauges {
    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration SOON = Duration.ofMillis(200);

    /** The store's operations that move jobs between states. */
    private static final Set<String> MOVES =
            Set.of("submit", "claim", "succeed", "fail", "cancel", "requeue", "requeueLost", "cancelRequest");

    private final AtomicBoolean due = new AtomicBoolean();
    private volatile Runnable look = () -> due.set(false);
    private final AtomicReference<QueueSnapshot> latest = new AtomicReference<>(new QueueSnapshot(Map.of(), null));

    QueueGauges(Meters meters) {
        for (JobState state : JobState.values()) {
            meters.gauge(
                    Metric.JOBS, () -> count(latest.get(), state), state.name().toLowerCase(Locale.ROOT));
        }
        meters.gauge(Metric.QUEUE_DEPTH, () -> count(latest.get(), JobState.QUEUED));
        meters.gauge(Metric.QUEUE_OLDEST_SECONDS, () -> age(latest.get()));
    }

    private static double count(QueueSnapshot snapshot, JobState state) {
        return snapshot.jobs().getOrDefault(state, 0L);
    }

    private static double age(QueueSnapshot snapshot) {
        Instant oldest = snapshot.oldestQueued();
        return oldest == null ? 0 : Duration.between(oldest, Instant.now()).toNanos() / 1e9;
    }

    /** Looks now, every few seconds, and soon after a change, for as long as Vert.x lives. */
    Future<Void> follow(Vertx vertx, JobStore store) {
        look = () -> vertx.setTimer(SOON.toMillis(), timer -> {
            due.set(false);
            store.snapshot().onSuccess(latest::set);
        });
        vertx.setPeriodic(INTERVAL.toMillis(), timer -> store.snapshot().onSuccess(latest::set));
        return store.snapshot().onSuccess(latest::set).mapEmpty();
    }

    /** Hears of the store's operations, so that the numbers are old only while nothing happens. */
    void observed(String operation) {
        if (MOVES.contains(operation) && due.compareAndSet(false, true)) {
            look.run();
        }
    }
}
