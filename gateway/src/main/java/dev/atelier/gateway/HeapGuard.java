package dev.atelier.gateway;

import dev.atelier.gateway.worker.HeapExhaustion;
import io.vertx.core.Vertx;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of what nobody caught, on any thread, and ends the process when it says that the Java heap is exhausted:
 * anything may be broken by that, and a process that lives on half is worse than a new one. No job is lost, they are in
 * the store. A plugin that starts or opens a model meanwhile is caught, and marked failed.
 */
final class HeapGuard {
    private static final Logger LOG = LoggerFactory.getLogger(HeapGuard.class);

    private final Runnable end;

    private HeapGuard(Runnable end) {
        this.end = end;
    }

    /** Watches the threads of the process and what Vert.x runs on its own. */
    static void watch(Vertx vertx, Runnable end) {
        HeapGuard guard = new HeapGuard(end);
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> guard.hear(failure));
        vertx.exceptionHandler(guard::hear);
    }

    private void hear(Throwable failure) {
        boolean exhausted = HeapExhaustion.isIt(failure);
        try {
            LOG.error(exhausted ? "the heap is exhausted; the process must be replaced" : "not caught", failure);
        } finally {
            if (exhausted) {
                end.run();
            }
        }
    }
}
