package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import java.util.Map;

/**
 * Why a job failed.
 *
 * @param code the reason for programs
 * @param message the reason for people
 * @param details values for programs
 */
public record JobError(ErrorCode code, String message, Map<String, Object> details) {
    /** Copies the map. */
    public JobError {
        details = Map.copyOf(details);
    }
}
