package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A job that has just reached a final state.
 *
 * @param id the job's
 * @param model the model id
 * @param state the final one
 * @param code why it failed; null unless it did
 * @param total from its acceptance, by the database's clock
 */
public record EndedJob(
        String id, String model, JobState state, @Nullable ErrorCode code, Duration total) {}
