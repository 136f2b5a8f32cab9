package dev.atelier.gateway.worker;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.storage.StorageException;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the adapters of jobs that need a token which only this gateway has, because its client sent it here, into the
 * cache that gateways share, and then lets devices take the job: tokens are never stored. Lives on one event loop.
 */
public final class HeldJobs extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(HeldJobs.class);
    private static final long LOOK_MILLIS = 3_000;
    /** How often a download is tried that a folder of this gateway makes fail. */
    private static final int MOST_FAULTS = 3;

    private final JobStore store;
    private final ModelCatalog catalog;
    private final AdapterFiles adapters;
    private final OutputStore outputs;
    private final Map<String, JobCancellation> underWay = new HashMap<>();
    private final Set<String> claimed = new HashSet<>();
    /** The jobs whose download failed because of a folder of this gateway, and how often. */
    private final Map<String, Waiting> waiting = new HashMap<>();

    private record Waiting(Job job, int faults) {}

    /** Creates it. */
    public HeldJobs(JobStore store, ModelCatalog catalog, AdapterFiles adapters, OutputStore outputs) {
        this.outputs = outputs;
        this.store = store;
        this.catalog = catalog;
        this.adapters = adapters;
    }

    // What is told may be missed, and a submission may be stored although its gateway never hears so.
    @Override
    public Future<?> start() {
        vertx.setPeriodic(
                LOOK_MILLIS,
                timer -> store.held()
                        .onSuccess(this::look)
                        .onFailure(failure -> LOG.warn("held jobs cannot be looked for: {}", failure.getMessage())));
        return vertx.eventBus()
                .<String>localConsumer(JobStore.HELD, message -> take(message.body()))
                .completion();
    }

    /** Compares what is under way with the held jobs: a job may have ended without a notification. */
    private void look(List<String> held) {
        if (claimed.containsAll(held)) {
            adapters.forgetUnclaimedTokens(); // no held job is left that could claim one
        }
        underWay.forEach((id, cancellation) -> {
            if (!held.contains(id)) {
                stopWhenEnded(id, cancellation);
            }
        });
        waiting.values().removeIf(ended -> {
            boolean gone = !held.contains(ended.job().id());
            if (gone) {
                adapters.forgetTokens(ended.job().request().adapters());
            }
            return gone;
        });
        held.forEach(this::take);
    }

    private void take(String id) {
        JobCancellation cancellation = new JobCancellation();
        // with an unusable folder the job waits: no other gateway has its token
        if (outputs.fault().isEmpty() && underWay.putIfAbsent(id, cancellation) == null) {
            StoreRetry.untilAnswered(vertx, () -> store.find(id))
                    .compose(job -> job.filter(this::isOurs)
                            .map(ours -> fetch(ours, cancellation))
                            .orElse(Future.succeededFuture(false)))
                    .onFailure(failure -> LOG.error("held job {} cannot be let go", id, failure))
                    .onComplete(done -> {
                        underWay.remove(id);
                        claimed.remove(id);
                    });
        }
    }

    private boolean isOurs(Job job) {
        return job.state() == JobState.QUEUED
                && store.gatewayId().equals(job.request().terms().heldBy());
    }

    private Future<Boolean> fetch(Job job, JobCancellation cancellation) {
        claimed.add(job.id());
        adapters.claimTokens(job.request().adapters());
        HeldAdapters held = new HeldAdapters(adapters, job, progress -> {});
        MessageConsumer<Object> changes = vertx.eventBus()
                .localConsumer(JobStore.changes(job.id()), message -> stopWhenEnded(job.id(), cancellation));
        return Future.<Void>succeededFuture()
                .map(begun -> model(job))
                .compose(model -> held.fetch(model, cancellation))
                .transform(fetched -> {
                    int faults = faults(waiting.remove(job.id()));
                    return fetched.succeeded()
                            ? StoreRetry.untilAnswered(vertx, () -> store.release(job.id(), hashes(fetched.result())))
                            : failed(job, faults, fetched.cause());
                })
                .onComplete(done -> {
                    changes.unregister();
                    held.release();
                    if (!waiting.containsKey(job.id())) {
                        adapters.forgetTokens(job.request().adapters());
                    }
                });
    }

    private PipelineDescriptor model(Job job) {
        String model = job.request().model();
        return catalog.find(model)
                .orElseThrow(() -> new PipelineException(
                        ErrorCode.MODEL_NOT_AVAILABLE, "Model '" + model + "' has no plugin here any more"));
    }

    private void stopWhenEnded(String id, JobCancellation cancellation) {
        store.find(id).onSuccess(job -> {
            if (job.isEmpty() || job.get().state().isFinal()) {
                cancellation.cancel(JobCancellation.Reason.CANCELED);
            }
        });
    }

    private static int faults(@Nullable Waiting before) {
        return before == null ? 0 : before.faults();
    }

    private Future<Boolean> failed(Job job, int before, Throwable failure) {
        if (failure instanceof StorageException storage) {
            outputs.report(storage.fault());
            if (before + 1 < MOST_FAULTS) {
                waiting.put(job.id(), new Waiting(job, before + 1));
                LOG.warn("job {} waits: {}", job.id(), failure.getMessage());
                return Future.succeededFuture(false);
            }
        }
        return fail(job, failure);
    }

    private Future<Boolean> fail(Job job, Throwable failure) {
        JobError error = JobErrors.of(failure);
        LOG.warn("job {} failed before it was drawn: {} {}", job.id(), error.code(), error.message());
        return StoreRetry.untilAnswered(vertx, () -> store.failHeld(job.id(), error));
    }

    private static List<String> hashes(List<AdapterFile> files) {
        return files.stream().map(AdapterFile::sha256).toList();
    }
}
