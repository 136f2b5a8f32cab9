package dev.atelier.gateway.job;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that this gateway is there, and does what time asks for: ends jobs that waited too long, takes back those whose
 * worker is gone, removes those that were kept long enough. Every gateway does all of it.
 */
public final class Housekeeping extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration SWEEP = Duration.ofSeconds(1);
    private static final Duration RETIRE = Duration.ofSeconds(30);

    private final JobStore store;
    private final Supplier<GatewayInfo> self;
    private final Function<DiscardedJob, Future<Void>> removeFiles;
    private boolean stopped;

    /**
     * Creates it.
     *
     * @param self says what this gateway is, asked each time
     * @param removeFiles removes the files of a job; may be asked again
     */
    public Housekeeping(JobStore store, Supplier<GatewayInfo> self, Function<DiscardedJob, Future<Void>> removeFiles) {
        this.store = store;
        this.self = self;
        this.removeFiles = removeFiles;
    }

    @Override
    public Future<?> start() {
        return store.register(self.get()).onSuccess(there -> {
            again("say that it is there", store.renewal(), () -> store.register(self.get()));
            again("look after its jobs", SWEEP, store::sweep);
            again("remove old jobs", RETIRE, this::tidy);
        });
    }

    @Override
    public Future<?> stop() {
        stopped = true;
        return store.leave().otherwiseEmpty();
    }

    // One after the other: while the database is slow or away, nothing piles up.
    private void again(String what, Duration pause, Supplier<Future<Void>> task) {
        again(what, pause, task, "");
    }

    // Each failure is logged once, however often it is repeated.
    private void again(String what, Duration pause, Supplier<Future<Void>> task, String logged) {
        vertx.setTimer(pause.toMillis(), timer -> {
            if (!stopped) {
                task.get().onComplete(done -> {
                    String failure = done.failed() ? String.valueOf(done.cause().getMessage()) : "";
                    if (!failure.isEmpty() && !failure.equals(logged)) {
                        LOG.warn("the gateway cannot {}: {}", what, failure);
                    }
                    again(what, pause, task, failure);
                });
            }
        });
    }

    Future<Void> tidy() {
        return store.retire().compose(retired -> removeFilesAfter(""));
    }

    private Future<Void> removeFilesAfter(String id) {
        return store.discarded(id).compose(this::removeFiles);
    }

    private Future<Void> removeFiles(List<DiscardedJob> jobs) {
        if (jobs.isEmpty()) {
            return Future.succeededFuture();
        }
        Future<Void> removed = Future.succeededFuture();
        for (DiscardedJob job : jobs) {
            removed = removed.compose(before -> removeFiles(job));
        }
        return removed.compose(
                done -> removeFilesAfter(jobs.get(jobs.size() - 1).id()));
    }

    // Files that cannot be removed now are tried again the next time, and keep no others.
    private Future<Void> removeFiles(DiscardedJob job) {
        return removeFiles
                .apply(job)
                .compose(gone -> store.forget(job.id()))
                .onFailure(failure -> LOG.warn("files of job {} stay: {}", job.id(), failure.getMessage()))
                .otherwiseEmpty();
    }
}
