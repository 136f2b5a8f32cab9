package dev.atelier.gateway.job;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list.
 *
 * @param jobs the latest submission first
 * @param nextCursor where the next page begins; null at the end
 */
public record JobPage(List<Job> jobs, @Nullable String nextCursor) {
    /** Copies the list. */
    public JobPage {
        jobs = List.copyOf(jobs);
    }
}
