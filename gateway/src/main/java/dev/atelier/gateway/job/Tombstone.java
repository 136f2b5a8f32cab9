package dev.atelier.gateway.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a job that was kept long enough.
 *
 * @param id the job's
 * @param owner the job's
 * @param expiredAt when it was removed
 */
public record Tombstone(String id, @Nullable String owner, Instant expiredAt) {}
