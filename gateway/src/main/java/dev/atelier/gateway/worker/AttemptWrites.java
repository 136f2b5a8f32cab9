package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.StaleAttemptException;
import dev.atelier.gateway.worker.JobCancellation.Reason;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
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
        return StoreRetry.whilst(vertx, statement, this::goesOn);
    }

    private boolean goesOn(Throwable failure, int tries) {
        boolean over = failure instanceof StaleAttemptException
                || cancellation.reason() == Reason.STOPPING
                || cancellation.reason() == Reason.SUPERSEDED
                || tries >= MOST_TRIES && !StoreRetry.passes(failure);
        if (!over && tries == 1) {
            LOG.warn("job {} cannot be written, trying on: {}", job.id(), failure.getMessage());
        }
        return !over;
    }
}
