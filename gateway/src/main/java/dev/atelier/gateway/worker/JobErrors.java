package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.storage.StorageFault;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What clients read of a failure. */
final class JobErrors {
    private JobErrors() {}

    static JobError of(Throwable failure) {
        if (failure instanceof PipelineException named) {
            return new JobError(named.code(), String.valueOf(named.getMessage()), named.details());
        }
        return StorageFault.codeOf(failure)
                .map(code -> new JobError(code, "The worker's file system failed: " + storageReason(failure), Map.of()))
                .orElseGet(() -> new JobError(ErrorCode.INTERNAL_ERROR, "Unexpected failure: " + failure, Map.of()));
    }

    private static String storageReason(Throwable failure) {
        Throwable cause = failure;
        while (!(cause instanceof IOException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof IOException system ? StorageFault.reason(system) : cause.toString();
    }

    /**
     * Returns whether an error is its worker's and not its job's, so that another worker may do the job. What belongs
     * to a model on this machine is the worker's only where another one serves that model.
     */
    static boolean isWorkers(JobError error, BooleanSupplier servedElsewhere) {
        return switch (error.code()) {
            case STORAGE_FULL, STORAGE_UNAVAILABLE, DEVICE_LOST -> true;
            case MODEL_NOT_AVAILABLE, CHECKPOINT_INVALID -> servedElsewhere.getAsBoolean();
            default -> false;
        };
    }

    static JobError timeout(Duration limit) {
        return new JobError(
                ErrorCode.INFERENCE_TIMEOUT,
                "Inference timed out after " + limit.toSeconds() + " seconds",
                Map.of("seconds", limit.toSeconds()));
    }
}
