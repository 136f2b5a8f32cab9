package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.StaleAttemptException;
import dev.atelier.gateway.worker.JobCancellation.Reason;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an attempt writes into the store. While the database is away, a statement is tried again every second until it
 * is written or the store says that the attempt is over; what was drawn is not thrown away. Each statement can be
 * repeated. Lives on one event loop.
 */
final class AttemptWrites {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptWrites.class);
    private static final long PAUSE_MILLIS = 1_000;
    /** How often a statement is tried that fails for another reason. */
    private static final int MOST_TRIES = 10;

    private final Vertx vertx;
    private final Job job;
    private final JobCancellation cancellation;

    AttemptWrites(Vertx vertx, Job job, JobCancellation cancellation) {
        this.vertx = vertx;
        this.job = job;
        this.cancellation = cancellation;
    }

    /** Writes; fails with {@link StaleAttemptException} when the attempt is over, and when this gateway stops. */
    <T> Future<T> write(Supplier<Future<T>> statement) {
        return write(statement, 1);
    }

    private <T> Future<T> write(Supplier<Future<T>> statement, int tries) {
        return statement.get().recover(failure -> {
            boolean over = failure instanceof StaleAttemptException
                    || cancellation.reason() == Reason.STOPPING
                    || cancellation.reason() == Reason.SUPERSEDED
                    || tries >= MOST_TRIES && !passes(failure);
            if (over) {
                return Future.failedFuture(failure);
            }
            if (tries == 1) {
                LOG.warn("job {} cannot be written, trying on: {}", job.id(), failure.getMessage());
            }
            return vertx.timer(PAUSE_MILLIS, TimeUnit.MILLISECONDS).compose(elapsed -> write(statement, tries + 1));
        });
    }

    private static boolean passes(Throwable failure) {
        return failure instanceof PipelineException named
                && (named.code() == ErrorCode.STORE_UNAVAILABLE || named.code() == ErrorCode.STORAGE_FULL);
    }
}
