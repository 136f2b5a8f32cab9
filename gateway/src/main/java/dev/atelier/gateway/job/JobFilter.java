package dev.atelier.gateway.job;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which jobs to list.
 *
 * @param states those that count; empty for all
 * @param model its jobs only; null for all
 * @param owner its jobs only; null for all
 * @param cursor where the page before ended; null for the first page
 * @param limit at most so many
 */
public record JobFilter(
        Set<JobState> states,
        @Nullable String model,
        @Nullable String owner,
        @Nullable String cursor,
        int limit) {
    /** Copies the set and checks the limit. */
    public JobFilter {
        states = Set.copyOf(states);
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be positive but was " + limit);
        }
    }
}
