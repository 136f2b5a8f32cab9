package dev.atelier.plugin;

import org.jspecify.annotations.Nullable;

/**
 * What an adapter holds, and whether a job would apply it.
 *
 * @param report what it holds, at strength 1
 * @param problem why a job with it would fail; null when it would be applied
 */
public record AdapterInspection(
        AdapterReport report, @Nullable Problem problem) {
    /**
     * Why a job with an adapter would fail.
     *
     * @param code the job's error code
     * @param message the job's message
     */
    public record Problem(ErrorCode code, String message) {}

    /** Says whether a job would apply the adapter. */
    public boolean applies() {
        return problem == null && report.modules() > 0;
    }
}
