package dev.atelier.gateway.registry;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a plugin's own code where it can neither keep the gateway waiting for ever nor leave anything behind. */
final class PluginThread {
    private PluginThread() {}

    /** A plugin's code did not come back in time; its thread was left to itself. */
    static final class Hang extends Exception {
        private static final long serialVersionUID = 1L;

        Hang(String what, Duration limit) {
            super(what + " took longer than " + limit.toSeconds() + " seconds");
        }
    }

    /**
     * Calls an action on a thread of its own and waits for it.
     *
     * @param what for messages
     * @throws Hang when it takes longer than the limit; its thread is interrupted, and abandoned
     * @throws Throwable whatever the action throws
     */
    static <T> T call(String what, Duration limit, Callable<T> action) throws Throwable {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> complete(result, action), "atelier-plugin: " + what);
        thread.setDaemon(true);
        thread.start();
        try {
            return result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            thread.interrupt();
            throw new Hang(what, limit);
        } catch (ExecutionException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private static <T> void complete(CompletableFuture<T> result, Callable<T> action) {
        try {
            result.complete(action.call());
        } catch (Throwable e) {
            // Whatever a plugin throws, an OutOfMemoryError included, is its own failure.
            result.completeExceptionally(e);
        }
    }
}
