package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.JobTerms;
import dev.atelier.gateway.log.LogFields;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a device its next job as long as there is one: woken by submissions, and every few seconds by itself. One job
 * at a time. Lives on an event loop, so that it hears of everything while the device draws.
 */
final class ClaimLoop extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimLoop.class);
    private static final Duration POLL = Duration.ofSeconds(2);
    /** How long a worker claims nothing after a job that failed by its fault, so that another one claims it first. */
    private static final long REST_NANOS = Duration.ofSeconds(2).toNanos();
    /** How long an end waits for an answer to a claim that is under way. */
    private static final Duration CLAIM_PATIENCE = Duration.ofSeconds(5);

    private final Device device;
    private final PipelineWorker worker;
    private final DrawingServices services;
    private final DrawingSettings settings;
    private final Consumer<Loss> onLoss;
    private final Promise<Void> ended = Promise.promise();

    private @Nullable MessageConsumer<Object> wakeUps;
    private @Nullable MessageConsumer<Object> changes;
    private @Nullable Attempt running;
    private boolean claiming;
    private boolean woken;
    /** Whether models came, went or were exchanged while it drew. */
    private boolean stale;
    /** Whether no more jobs are taken. */
    private boolean stopped;
    /** Whether what is drawn is to be stopped too. */
    private boolean halting;
    /** When it may claim again. */
    private long restingUntil = System.nanoTime();

    ClaimLoop(
            Device device,
            PipelineWorker worker,
            DrawingServices services,
            DrawingSettings settings,
            Consumer<Loss> onLoss) {
        this.device = device;
        this.worker = worker;
        this.services = services;
        this.settings = settings;
        this.onLoss = onLoss;
    }

    @Override
    public Future<?> start() {
        services.metrics().drawing().device(device);
        services.metrics().watchEventLoop(vertx);
        vertx.setPeriodic(POLL.toMillis(), timer -> wake());
        MessageConsumer<Object> consumer = vertx.eventBus().localConsumer(JobStore.WAKE_UP, message -> wake());
        wakeUps = consumer;
        changes = vertx.eventBus().localConsumer(ModelCatalog.CHANGED, message -> modelsChanged());
        return consumer.completion().onSuccess(listening -> wake());
    }

    @Override
    public Future<?> stop() {
        halt();
        return ended.future();
    }

    private void halt() {
        claimNoMore();
        if (running != null) {
            running.stop();
        } else {
            // a store that is being closed at the same time may never answer; its lease gives such a job back
            vertx.setTimer(CLAIM_PATIENCE.toMillis(), late -> ended.tryComplete());
        }
        halting = true;
    }

    /** Takes no more jobs and puts the one back that is drawn; ends when that is done. */
    Future<Void> putBack() {
        context.runOnContext(here -> halt());
        return ended.future();
    }

    /** Takes no more jobs; ends when the one that is drawn has ended. */
    Future<Void> drain() {
        context.runOnContext(here -> claimNoMore());
        return ended.future();
    }

    private void claimNoMore() {
        stopped = true;
        if (wakeUps != null) {
            wakeUps.unregister();
        }
        if (changes != null) {
            changes.unregister();
        }
        if (running == null && !claiming) {
            ended.tryComplete();
        }
    }

    // Whoever draws now draws on with what it has; between jobs, what was exchanged makes room for what came.
    private void modelsChanged() {
        stale = true;
        if (running == null && !stopped) {
            renew();
        }
        wake();
    }

    private void renew() {
        stale = false;
        worker.closeRetired();
        services.catalog()
                .servedIds()
                .forEach(model ->
                        worker.open(model).onFailure(e -> LOG.error("{}: model {} does not open", device, model, e)));
    }

    private void wake() {
        if (stopped || !isFit()) {
            return;
        }
        if (claiming || running != null) {
            woken = true;
            return;
        }
        woken = false;
        claiming = true;
        services.store()
                .claim(device.toString(), services.catalog().servedIds())
                .onFailure(this::cannotClaim)
                .otherwise(Optional.empty())
                .onSuccess(this::claimed);
    }

    // Read from memory: the folders are checked in the background.
    private boolean isFit() {
        return System.nanoTime() - restingUntil >= 0
                && services.outputs().fault().isEmpty();
    }

    private void cannotClaim(Throwable failure) {
        if (failure instanceof PipelineException named) {
            LOG.warn("{}: the queue cannot be read: {}", device, named.getMessage());
        } else {
            LOG.error("{}: the queue cannot be read", device, failure);
        }
    }

    private void claimed(Optional<Job> job) {
        claiming = false;
        if (job.isEmpty()) {
            next(woken);
            return;
        }
        Attempt attempt = new Attempt(vertx, job.get(), device, worker, services, settings.inferenceTimeout());
        running = attempt;
        if (halting) {
            attempt.stop();
        }
        logFields(job.get()).during(attempt::run).onComplete(done -> {
            running = null;
            if (attempt.failedByWorker()) {
                restingUntil = System.nanoTime() + REST_NANOS;
            }
            if (stale && !stopped) {
                renew();
            }
            if (done.failed()) {
                LOG.error("{}: an attempt broke", device, done.cause());
            }
            done.otherwise(Optional.empty()).result().ifPresentOrElse(this::lost, () -> next(true));
        });
    }

    private static LogFields logFields(Job job) {
        JobTerms terms = job.request().terms();
        return LogFields.of(terms.requestId(), job.id(), terms.traceparent());
    }

    private void next(boolean again) {
        if (stopped) {
            ended.tryComplete();
        } else if (again) {
            wake();
        }
    }

    private void lost(Loss loss) {
        LOG.error("{}: lost for good ({}); the process must be replaced", device, loss);
        services.metrics().drawing().lost(device);
        claimNoMore();
        onLoss.accept(loss);
    }

    /** Ends when the device has nothing to do any more. */
    Future<Void> ended() {
        return ended.future();
    }
}
