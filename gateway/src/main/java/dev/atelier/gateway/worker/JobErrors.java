package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.JobError;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.time.Duration;
import java.util.Map;

/** What clients read of a failure. */
final class JobErrors {
    private JobErrors() {}

    static JobError of(Throwable failure) {
        if (failure instanceof PipelineException named) {
            return new JobError(named.code(), String.valueOf(named.getMessage()), named.details());
        }
        return new JobError(ErrorCode.INTERNAL_ERROR, "Unexpected failure: " + failure, Map.of());
    }

    static JobError timeout(Duration limit) {
        return new JobError(
                ErrorCode.INFERENCE_TIMEOUT,
                "Inference timed out after " + limit.toSeconds() + " seconds",
                Map.of("seconds", limit.toSeconds()));
    }
}
