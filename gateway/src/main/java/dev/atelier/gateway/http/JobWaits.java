package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobStore;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Clients that wait for the end of a job, each with one request that is not answered yet. Thread-safe. */
public final class JobWaits {
    private static final Logger LOG = LoggerFactory.getLogger(JobWaits.class);
    /** The store tells of changes; looking by itself is for those it could not tell of. */
    private static final Duration LOOK = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final JobStore store;
    private final Set<Wait> waits = ConcurrentHashMap.newKeySet();

    JobWaits(Vertx vertx, JobStore store) {
        this.vertx = vertx;
        this.store = store;
    }

    /**
     * Waits until a job has ended, the time is over, or the server stops.
     *
     * @param cancelWhenGone whether the job is canceled when the client goes away first
     * @return the job as it is then; never ends when the client is gone, whom nobody can answer
     */
    Future<Job> end(RoutingContext context, Job job, Duration patience, boolean cancelWhenGone) {
        if (job.state().isFinal() || patience.isZero()) {
            return Future.succeededFuture(job);
        }
        Wait wait = new Wait(job, cancelWhenGone);
        waits.add(wait);
        wait.start(patience);
        context.addEndHandler(end -> {
            if (end.failed()) {
                wait.clientGone();
            }
        });
        if (context.response().closed()) {
            wait.clientGone();
        }
        return wait.ended.future();
    }

    /** Answers everyone who still waits: the server stops, and that no client has gone away is its doing. */
    public void release() {
        waits.forEach(Wait::release);
    }

    private final class Wait {
        private final Job job;
        private final boolean cancelWhenGone;
        private final Context context = vertx.getOrCreateContext();
        private final Promise<Job> ended = Promise.promise();
        private final MessageConsumer<Object> changes;
        private long patienceTimer;
        private long lookTimer;

        Wait(Job job, boolean cancelWhenGone) {
            this.job = job;
            this.cancelWhenGone = cancelWhenGone;
            this.changes = vertx.eventBus().localConsumer(JobStore.changes(job.id()), change -> look());
        }

        void start(Duration patience) {
            patienceTimer = vertx.setTimer(patience.toMillis(), over -> giveUp());
            lookTimer = vertx.setPeriodic(LOOK.toMillis(), again -> look());
            look(); // it may have ended before anybody listened
        }

        private void look() {
            store.find(job.id())
                    .onSuccess(
                            found -> found.filter(now -> now.state().isFinal()).ifPresent(this::finish));
        }

        void release() {
            context.runOnContext(here -> giveUp());
        }

        private void giveUp() {
            finish(job);
        }

        private void finish(Job last) {
            if (ended.tryComplete(last)) {
                stop();
            }
        }

        private void stop() {
            waits.remove(this);
            vertx.cancelTimer(patienceTimer);
            vertx.cancelTimer(lookTimer);
            changes.unregister();
        }

        void clientGone() {
            if (ended.future().isComplete()) {
                return;
            }
            stop();
            if (cancelWhenGone) {
                store.cancelRequest(job.id())
                        .onFailure(failure ->
                                LOG.info("job {} goes on without its client: {}", job.id(), failure.getMessage()));
            }
        }
    }
}
