package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.JobTimings;
import dev.atelier.gateway.job.StaleAttemptException;
import dev.atelier.gateway.worker.JobCancellation.Reason;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at a job and its end: keeps the claim alive while it is drawn, watches the time, and writes exactly one
 * final state, or none when the job belongs to another attempt by then. Lives on one event loop.
 */
final class Attempt {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);
    private static final Duration RENEWAL = Duration.ofSeconds(10);
    /** How many devices a job may lose before it is what kills them. */
    private static final int MOST_LOSSES = 3;
    /** How often a final state is tried to be written, once a second: a job must not stay running for ever. */
    private static final int MOST_WRITES = 60;

    private final Job job;
    private final Device device;
    private final PipelineWorker worker;
    private final DrawingServices services;
    private final Duration limit;
    private final JobCancellation cancellation = new JobCancellation();

    Attempt(Job job, Device device, PipelineWorker worker, DrawingServices services, Duration limit) {
        this.job = job;
        this.device = device;
        this.worker = worker;
        this.services = services;
        this.limit = limit;
    }

    /** Draws the job. Never fails; returns whether the device died. */
    Future<Boolean> run(Vertx vertx) {
        if (job.attempt() == 1) {
            services.metrics().drawing().waited(Duration.between(job.createdAt(), Instant.now()));
        }
        LOG.info("{}: drawing job {}, attempt {}", device, job.id(), job.attempt());
        services.metrics().drawing().running(device, true);
        long timeout = vertx.setTimer(limit.toMillis(), timer -> timeOut(vertx));
        long renewal = vertx.setPeriodic(RENEWAL.toMillis(), timer -> renew());
        return new JobRun(job, worker, services, cancellation, vertx.eventBus())
                .draw()
                .transform(result -> end(vertx, result))
                .onComplete(ended -> {
                    vertx.cancelTimer(timeout);
                    vertx.cancelTimer(renewal);
                    services.metrics().drawing().running(device, false);
                });
    }

    /** Stops drawing and puts the job back. */
    void stop() {
        cancellation.cancel(Reason.STOPPING);
    }

    private JobStore store() {
        return services.store();
    }

    // The job has failed as soon as its time is over; that the device stops drawing may take until the next step.
    private void timeOut(Vertx vertx) {
        cancellation.cancel(Reason.TIMEOUT);
        fail(vertx, JobErrors.timeout(limit));
    }

    private void renew() {
        store().renew(job.id(), job.attempt()).onFailure(failure -> {
            if (failure instanceof StaleAttemptException) {
                cancellation.cancel(Reason.SUPERSEDED);
            }
        });
    }

    private Future<Boolean> end(Vertx vertx, AsyncResult<JobTimings> result) {
        if (result.succeeded()) {
            return write(vertx, () -> store().succeed(job.id(), job.attempt(), result.result()))
                    .onSuccess(written -> finished(JobState.SUCCEEDED, null))
                    .transform(written -> Future.succeededFuture(false));
        }
        Throwable failure = result.cause();
        if (failure instanceof StaleAttemptException || cancellation.reason() == Reason.SUPERSEDED) {
            LOG.warn("{}: {}, dropping it", device, failure.getMessage());
            return Future.succeededFuture(false);
        }
        if (cancellation.reason() == Reason.TIMEOUT) {
            return Future.succeededFuture(false);
        }
        if (cancellation.reason() == Reason.STOPPING && failure instanceof CancellationException) {
            return write(vertx, () -> store().requeue(job.id(), job.attempt()))
                    .transform(written -> Future.succeededFuture(false));
        }
        return failed(vertx, failure);
    }

    private Future<Boolean> failed(Vertx vertx, Throwable failure) {
        JobError error = JobErrors.of(failure);
        LOG.warn(
                "{}: job {} failed: {} {}",
                device,
                job.id(),
                error.code(),
                error.message(),
                error.code() == ErrorCode.INTERNAL_ERROR ? failure : null);
        return died(error).compose(dead -> {
            Future<Void> written = dead ? requeueLost(vertx, error) : fail(vertx, error);
            return written.transform(done -> Future.succeededFuture(dead));
        });
    }

    // A failure of one job leaves a CUDA context dead for all that follow, so the device is tried after each.
    private Future<Boolean> died(JobError error) {
        if (error.code() == ErrorCode.DEVICE_LOST) {
            return Future.succeededFuture(true);
        }
        if (device.kind() == Device.Kind.CPU) {
            return Future.succeededFuture(false);
        }
        return worker.probe().map(status -> !status.alive()).otherwise(true);
    }

    private Future<Void> fail(Vertx vertx, JobError error) {
        return write(vertx, () -> store().fail(job.id(), job.attempt(), error))
                .onSuccess(written -> finished(JobState.FAILED, error.code()));
    }

    private Future<Void> requeueLost(Vertx vertx, JobError error) {
        JobError last = new JobError(ErrorCode.DEVICE_LOST, error.message(), error.details());
        return write(vertx, () -> store().requeueLost(job.id(), job.attempt(), MOST_LOSSES, last))
                .onSuccess(state -> {
                    if (state.isFinal()) {
                        finished(state, ErrorCode.DEVICE_LOST);
                    }
                })
                .mapEmpty();
    }

    private void finished(JobState state, @Nullable ErrorCode code) {
        Duration total = Duration.between(job.createdAt(), Instant.now());
        LOG.info("{}: job {} {}", device, job.id(), state);
        services.metrics().drawing().finished(job.request().model(), state, code, total);
    }

    private <T> Future<T> write(Vertx vertx, Supplier<Future<T>> statement) {
        return write(vertx, statement, MOST_WRITES);
    }

    private <T> Future<T> write(Vertx vertx, Supplier<Future<T>> statement, int tries) {
        return statement.get().recover(failure -> {
            boolean last = tries <= 1 || cancellation.reason() == Reason.STOPPING;
            if (failure instanceof StaleAttemptException || last) {
                LOG.warn("{}: job {}: {}", device, job.id(), failure.getMessage());
                return Future.failedFuture(failure);
            }
            LOG.error("{}: the end of job {} cannot be written, trying again", device, job.id(), failure);
            return vertx.timer(1, TimeUnit.SECONDS).compose(elapsed -> write(vertx, statement, tries - 1));
        });
    }
}
