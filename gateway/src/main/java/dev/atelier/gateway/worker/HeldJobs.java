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
    private final Set<String> underWay = new HashSet<>();
    /** How often jobs have failed because of a folder of this gateway. */
    private final Map<String, Integer> faults = new HashMap<>();

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
                        .onSuccess(ids -> ids.forEach(this::take))
                        .onFailure(failure -> LOG.warn("held jobs cannot be looked for: {}", failure.getMessage())));
        return vertx.eventBus()
                .<String>localConsumer(JobStore.HELD, message -> take(message.body()))
                .completion();
    }

    private void take(String id) {
        // with an unusable folder the job waits: nobody else has its token
        if (outputs.fault().isEmpty() && underWay.add(id)) {
            StoreRetry.untilAnswered(vertx, () -> store.find(id))
                    .compose(job -> job.filter(this::isOurs).map(this::fetch).orElse(Future.succeededFuture(false)))
                    .onFailure(failure -> LOG.error("held job {} cannot be let go", id, failure))
                    .onComplete(done -> underWay.remove(id));
        }
    }

    private boolean isOurs(Job job) {
        return job.state() == JobState.QUEUED
                && store.gatewayId().equals(job.request().terms().heldBy());
    }

    private Future<Boolean> fetch(Job job) {
        JobCancellation cancellation = new JobCancellation();
        HeldAdapters held = new HeldAdapters(adapters, job, progress -> {});
        MessageConsumer<Object> changes = vertx.eventBus()
                .localConsumer(JobStore.changes(job.id()), message -> stopWhenEnded(job.id(), cancellation));
        return Future.<Void>succeededFuture()
                .map(begun -> model(job))
                .compose(model -> held.fetch(model, cancellation))
                .transform(fetched -> fetched.succeeded()
                        ? StoreRetry.untilAnswered(vertx, () -> store.release(job.id(), hashes(fetched.result())))
                        : failed(job, fetched.cause()))
                .onComplete(done -> {
                    changes.unregister();
                    held.release();
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

    private Future<Boolean> failed(Job job, Throwable failure) {
        if (failure instanceof StorageException storage) {
            outputs.report(storage.fault());
            if (faults.merge(job.id(), 1, Integer::sum) < MOST_FAULTS) {
                LOG.warn("job {} waits: {}", job.id(), failure.getMessage());
                return Future.succeededFuture(false);
            }
        }
        faults.remove(job.id());
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
