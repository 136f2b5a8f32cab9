package dev.atelier.gateway.metrics;

import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.QueueSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/**
 * How full the queue is, as it was found when somebody looked last: a scrape never waits for the store. Gateways that
 * share a store show the same numbers.
 */
final class QueueGauges {
    private volatile QueueSnapshot latest = new QueueSnapshot(Map.of(), null);

    QueueGauges(Meters meters) {
        for (JobState state : JobState.values()) {
            meters.gauge(Metric.JOBS, () -> count(latest, state), state.name().toLowerCase(Locale.ROOT));
        }
        meters.gauge(Metric.QUEUE_DEPTH, () -> count(latest, JobState.QUEUED));
        meters.gauge(Metric.QUEUE_OLDEST_SECONDS, () -> age(latest));
    }

    private static double count(QueueSnapshot snapshot, JobState state) {
        return snapshot.jobs().getOrDefault(state, 0L);
    }

    private static double age(QueueSnapshot snapshot) {
        Instant oldest = snapshot.oldestQueued();
        return oldest == null ? 0 : Duration.between(oldest, Instant.now()).toNanos() / 1e9;
    }

    /** Shows this from now on. */
    void show(QueueSnapshot found) {
        latest = found;
    }
}
