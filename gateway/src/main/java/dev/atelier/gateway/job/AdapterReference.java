package dev.atelier.gateway.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An adapter as a job names it. The file's size and time are what submission saw; a later attempt that finds others, or
 * other bytes, fails the job.
 *
 * @param source the path or URL as the client sent it
 * @param multiplier its strength
 * @param size of the local file in bytes; null for a URL
 * @param modified the local file's time; null for a URL
 */
public record AdapterReference(
        String source,
        double multiplier,
        @Nullable Long size,
        @Nullable Instant modified) {}
