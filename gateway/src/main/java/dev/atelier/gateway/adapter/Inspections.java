package dev.atelier.gateway.adapter;

import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** Runs inspections within their bounds. Thread-safe. */
final class Inspections {
    /** Most inspections end within a few seconds. */
    private static final int RETRY_SECONDS = 5;

    private final Vertx vertx;
    private final InspectionLimits limits;
    private final Map<String, Integer> byClient = new HashMap<>();
    private int running;

    Inspections(Vertx vertx, InspectionLimits limits) {
        this.vertx = vertx;
        this.limits = limits;
    }

    /**
     * Runs an inspection unless too many run.
     *
     * @param client the client's name
     * @param source the adapter, for messages
     * @param gone completes when the client has disconnected: the inspection is cancelled then, and when its time is
     *     over
     * @return fails with TOO_MANY_INSPECTIONS, and with LORA_DOWNLOAD_FAILED when it took too long
     */
    Future<InspectedAdapter> run(
            String client, String source, Future<?> gone, Function<Cancellation, Future<InspectedAdapter>> inspection) {
        try {
            enter(client);
        } catch (PipelineException e) {
            return Future.failedFuture(e);
        }
        Stop stop = new Stop();
        gone.onComplete(disconnected -> stop.now(new CancellationException("the client has disconnected")));
        long timer = vertx.setTimer(limits.timeout().toMillis(), over -> stop.now(tooLong(source)));
        return Future.succeededFuture(stop)
                .compose(inspection)
                .recover(failure -> Future.failedFuture(
                        failure instanceof CancellationException && stop.isCancelled() ? stop.reason() : failure))
                .onComplete(done -> {
                    vertx.cancelTimer(timer);
                    leave(client);
                });
    }

    private synchronized void enter(String client) {
        int own = byClient.getOrDefault(client, 0);
        if (own >= limits.perClient()) {
            throw tooMany("a client may run " + limits.perClient() + " at a time (MAX_CLIENT_INSPECTIONS)");
        }
        if (running >= limits.total()) {
            throw tooMany("the server runs " + limits.total() + " at a time (MAX_INSPECTIONS)");
        }
        byClient.put(client, own + 1);
        running++;
    }

    private synchronized void leave(String client) {
        byClient.computeIfPresent(client, (name, count) -> count == 1 ? null : count - 1);
        running--;
    }

    private static PipelineException tooMany(String limit) {
        return new PipelineException(
                ErrorCode.TOO_MANY_INSPECTIONS,
                "Too many LoRA inspections: " + limit + "; try again in " + RETRY_SECONDS + " s",
                Map.of("retry_after_seconds", RETRY_SECONDS),
                null);
    }

    private PipelineException tooLong(String source) {
        long seconds = limits.timeout().toSeconds();
        return new PipelineException(
                ErrorCode.LORA_DOWNLOAD_FAILED,
                "LoRA inspection failed: " + RemoteFiles.name(source) + ": it was not done within " + seconds
                        + " s (INSPECTION_TIMEOUT)");
    }

    /** Cancels one inspection; the first reason counts. */
    private static final class Stop implements Cancellation {
        private final Promise<Void> stopped = Promise.promise();

        void now(RuntimeException reason) {
            stopped.tryFail(reason);
        }

        Throwable reason() {
            return stopped.future().cause();
        }

        @Override
        public boolean isCancelled() {
            return stopped.future().isComplete();
        }

        @Override
        public Registration onCancel(Runnable action) {
            AtomicBoolean registered = new AtomicBoolean(true);
            stopped.future().onFailure(reason -> {
                if (registered.get()) {
                    action.run();
                }
            });
            return () -> registered.set(false);
        }
    }
}
