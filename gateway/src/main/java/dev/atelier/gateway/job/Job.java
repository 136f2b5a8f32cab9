package dev.atelier.gateway.job;

import dev.atelier.plugin.EffectiveSettings;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as the store has it.
 *
 * @param id a lower-case UUID
 * @param request what to draw
 * @param state where it is
 * @param attempt how often a device took it up; 0 while it never was; fences late writers
 * @param createdAt when it was accepted, in whole microseconds
 * @param startedAt when a device first took it up
 * @param finishedAt when it reached a final state
 * @param adapterHashes the adapters' sha256 as the first attempt found them, in order; empty before
 * @param effective what the first attempt settled, by image index
 * @param images the finished pictures, by index, also of a job that has not finished or has failed
 * @param timings set when it succeeded
 * @param error set when it failed
 * @param cancelRequested whether its client asked for its end while it was running
 * @param queuePosition its place among all that wait, 1 for the next one; null unless it waits
 * @param progress how far its drawing is; null unless a device is at it and has told
 * @param lastEvent the number of its latest event
 */
public record Job(
        String id,
        JobRequest request,
        JobState state,
        int attempt,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        List<String> adapterHashes,
        Map<Integer, EffectiveSettings> effective,
        List<OutputImage> images,
        @Nullable JobTimings timings,
        @Nullable JobError error,
        boolean cancelRequested,
        @Nullable Integer queuePosition,
        @Nullable JobProgress progress,
        long lastEvent) {
    /** Copies the collections. */
    public Job {
        adapterHashes = List.copyOf(adapterHashes);
        effective = Map.copyOf(effective);
        images = List.copyOf(images);
    }
}
