package dev.atelier.gateway.adapter.remote;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Those who wait for one download, and what they were told last. Lives on one event loop. */
final class Waiters {
    private final List<Waiter> waiters = new ArrayList<>();
    private long bytes;
    private long total = -1;

    /** Somebody who waits. */
    static final class Waiter {
        private final Promise<Path> file = Promise.promise();
        private final DownloadListener listener;

        private Waiter(DownloadListener listener) {
            this.listener = listener;
        }

        /** Returns the file to come. */
        Future<Path> file() {
            return file.future();
        }
    }

    /** Adds one, who hears at once how far it is. */
    Waiter join(DownloadListener listener) {
        Waiter waiter = new Waiter(listener);
        waiters.add(waiter);
        if (bytes > 0) {
            listener.onProgress(bytes, total);
        }
        return waiter;
    }

    /** Lets one go, without the file. */
    void leave(Waiter waiter) {
        waiters.remove(waiter);
        waiter.file.tryFail(new CancellationException("the job was stopped"));
    }

    boolean isEmpty() {
        return waiters.isEmpty();
    }

    /** Tells all how far it is. */
    void progress(long nowBytes, long nowTotal) {
        bytes = nowBytes;
        total = nowTotal;
        List.copyOf(waiters).forEach(waiter -> waiter.listener.onProgress(nowBytes, nowTotal));
    }

    /** Lets all go, with the file or with what happened to it. Those who were let go before hear nothing more. */
    void end(AsyncResult<Path> outcome) {
        List<Waiter> all = List.copyOf(waiters);
        waiters.clear();
        for (Waiter waiter : all) {
            if (outcome.succeeded()) {
                waiter.file.tryComplete(outcome.result());
            } else {
                waiter.file.tryFail(outcome.cause());
            }
        }
    }
}
