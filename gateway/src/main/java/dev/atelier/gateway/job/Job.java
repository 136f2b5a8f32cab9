package dev.atelier.gateway.job;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job as the store has it.
 *
 * @param id a lower-case UUID
 * @param request what to draw
 * @param state where it is
 * @param attempt how often a device took it up; 0 while it never was
 * @param createdAt when it was accepted
 * @param startedAt when a device first took it up
 * @param finishedAt when it reached a final state
 * @param images the finished pictures, by index
 * @param timings set when it succeeded
 * @param error set when it failed
 */
public record Job(
        String id,
        JobRequest request,
        JobState state,
        int attempt,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        List<OutputImage> images,
        @Nullable JobTimings timings,
        @Nullable JobError error) {
    /** Copies the list. */
    public Job {
        images = List.copyOf(images);
    }
}
