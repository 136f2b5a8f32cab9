package dev.atelier.gateway.job;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How full the queue was a moment ago.
 *
 * @param jobs how many jobs are in each state; every state is present
 * @param oldestQueued when the oldest waiting job was accepted; null when none waits
 */
public record QueueSnapshot(
        Map<JobState, Long> jobs, @Nullable Instant oldestQueued) {
    /** Copies the map. */
    public QueueSnapshot {
        jobs = Map.copyOf(jobs);
    }
}
