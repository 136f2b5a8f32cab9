package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.JobTimings;
import dev.atelier.gateway.job.StaleAttemptException;
import dev.atelier.gateway.storage.StorageException;
import dev.atelier.gateway.tracing.JobTrace;
import dev.atelier.gateway.worker.JobCancellation.Reason;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at a job and its end: keeps the claim alive while it is drawn, watches the time, and writes exactly one
 * final state, or none when the job belongs to another attempt by then. Lives on one event loop.
 */
final class Attempt {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

    private final Vertx vertx;
    private final Job job;
    private final Device device;
    private final PipelineWorker worker;
    private final DrawingServices services;
    private final Duration limit;
    private final JobCancellation cancellation = new JobCancellation();
    private final Promise<Optional<Loss>> over = Promise.promise();
    private final AttemptWrites writes;
    /** Its end in the store, once its time is over. */
    private Future<?> timedOut = Future.succeededFuture();

    private boolean failedByWorker;

    Attempt(Vertx vertx, Job job, Device device, PipelineWorker worker, DrawingServices services, Duration limit) {
        this.vertx = vertx;
        this.job = job;
        this.device = device;
        this.worker = worker;
        this.services = services;
        this.limit = limit;
        this.writes = new AttemptWrites(vertx, job, cancellation);
    }

    /** Draws the job. Never fails; returns what was lost by it. */
    Future<Optional<Loss>> run() {
        if (job.attempt() == 1) {
            services.metrics().drawing().waited(Duration.between(job.createdAt(), Instant.now()));
        }
        LOG.info("{}: drawing job {}, attempt {}", device, job.id(), job.attempt());
        services.metrics().drawing().running(device, true);
        long timeout = vertx.setTimer(limit.toMillis(), timer -> timeOut());
        long renewal = vertx.setPeriodic(store().renewal().toMillis(), timer -> renew());
        MessageConsumer<Object> cancels =
                vertx.eventBus().localConsumer(JobStore.cancels(job.id()), message -> renew());
        JobTrace trace = services.tracing().begin(job, device);
        new JobRun(job, worker, services, cancellation, vertx, trace)
                .draw()
                .onComplete(drawn -> trace.end(drawn.cause()))
                .transform(this::end)
                .onComplete(ended ->
                        over.tryComplete(ended.otherwise(Optional.empty()).result()));
        return over.future().onComplete(ended -> {
            vertx.cancelTimer(timeout);
            vertx.cancelTimer(renewal);
            cancels.unregister();
            services.metrics().drawing().running(device, false);
        });
    }

    /** Returns whether the attempt failed for a reason of this worker: the next job may fail for it too. */
    boolean failedByWorker() {
        return failedByWorker;
    }

    /** Stops drawing and puts the job back. */
    void stop() {
        cancellation.cancel(Reason.STOPPING);
    }

    private JobStore store() {
        return services.store();
    }

    // The job has failed as soon as its time is over; that the device stops drawing may take until the next step.
    // While that cannot be written, the drawing may be over long ago and only wait to be written itself.
    private void timeOut() {
        timedOut = services.outputs()
                .fault()
                .<Future<?>>map(fault -> requeueFailed(JobErrors.of(fault.exception(null))))
                .orElseGet(() -> fail(JobErrors.timeout(limit)));
        timedOut.onComplete(written -> vertx.setTimer(grace().toMillis(), timer -> giveUp()));
        cancellation.cancel(Reason.TIMEOUT);
    }

    // A drawing that heeds no cancellation holds the device's one thread: only a new process gets it back.
    private void giveUp() {
        if (services.outputs().fault().isPresent()) {
            over.tryComplete(Optional.empty()); // it may be a disk that hangs, and not the device
        } else if (over.tryComplete(Optional.of(Loss.DEVICE))) {
            LOG.error("{}: job {} goes on drawing after its time; the device counts as lost", device, job.id());
        }
    }

    /** Returns how long a drawing may take to stop: a tenth of the limit, from a second to a minute. */
    private Duration grace() {
        return Duration.ofMillis(Math.min(60_000, Math.max(1_000, limit.toMillis() / 10)));
    }

    private void renew() {
        store().renew(job.id(), job.attempt()).onSuccess(cancellation::cancelIf).onFailure(failure -> {
            if (failure instanceof StaleAttemptException) {
                cancellation.cancel(Reason.SUPERSEDED);
            }
        });
    }

    private Future<Optional<Loss>> end(AsyncResult<JobTimings> result) {
        // A job whose time is over has failed, even where its last image could be written before that.
        if (result.succeeded() && cancellation.reason() != Reason.TIMEOUT) {
            return alive(write(() -> store().succeed(job.id(), job.attempt(), result.result()), "succeeded"));
        }
        Throwable failure = result.cause();
        Reason reason = cancellation.reason();
        if (failure instanceof StaleAttemptException || reason == Reason.SUPERSEDED) {
            LOG.warn("{}: {}, dropping it", device, failure.getMessage());
            return Future.succeededFuture(Optional.empty());
        }
        if (reason == Reason.TIMEOUT) {
            return alive(timedOut);
        }
        boolean stopped = failure instanceof CancellationException;
        if (reason == Reason.STOPPING && stopped) {
            return alive(write(() -> store().requeue(job.id(), job.attempt()), "put back"));
        }
        if (reason == Reason.CANCELED && stopped) {
            return alive(write(() -> store().cancel(job.id(), job.attempt()), "canceled"));
        }
        return failed(failure);
    }

    private static Future<Optional<Loss>> alive(Future<?> written) {
        return written.transform(done -> Future.succeededFuture(Optional.empty()));
    }

    private Future<Optional<Loss>> failed(Throwable failure) {
        if (HeapExhaustion.isIt(failure)) {
            // Anything may be broken by it, so nothing is written; whoever finds the job unfinished takes it up again.
            LOG.error("{}: the heap is exhausted by job {}; the process must be replaced", device, job.id());
            return Future.succeededFuture(Optional.of(Loss.HEAP));
        }
        JobError error = JobErrors.of(failure);
        LOG.warn(
                "{}: job {} failed: {} {}",
                device,
                job.id(),
                error.code(),
                error.message(),
                error.code() == ErrorCode.INTERNAL_ERROR ? failure : null);
        if (failure instanceof StorageException storage) {
            services.outputs().report(storage.fault());
        }
        return died(error).compose(dead -> {
            Future<?> written = dead ? requeueLost(error) : isWorkers(error) ? requeueFailed(error) : fail(error);
            return written.transform(
                    done -> Future.succeededFuture(dead ? Optional.of(Loss.DEVICE) : Optional.empty()));
        });
    }

    private boolean isWorkers(JobError error) {
        String model = job.request().model();
        return JobErrors.isWorkers(error, () -> store().isServedElsewhere(model));
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

    private Future<Void> fail(JobError error) {
        return write(() -> store().fail(job.id(), job.attempt(), error), "failed");
    }

    private Future<?> requeueLost(JobError error) {
        JobError last = new JobError(ErrorCode.DEVICE_LOST, error.message(), error.details());
        return write(() -> store().requeueLost(job.id(), job.attempt(), last), "requeued, its device is lost");
    }

    private Future<?> requeueFailed(JobError error) {
        failedByWorker = true;
        return write(() -> store().requeueLost(job.id(), job.attempt(), error), "requeued for another worker");
    }

    private <T> Future<T> write(Supplier<Future<T>> statement, String end) {
        return writes.write(statement)
                .onSuccess(written -> LOG.info("{}: job {} {}", device, job.id(), end))
                .onFailure(failure -> LOG.warn("{}: job {}: {}", device, job.id(), failure.getMessage()));
    }
}
