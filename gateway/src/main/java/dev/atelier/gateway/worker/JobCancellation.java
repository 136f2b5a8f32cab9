package dev.atelier.gateway.worker;

import dev.atelier.plugin.Cancellation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stops one attempt at a job, from any thread. The first reason counts. */
final class JobCancellation implements Cancellation {
    /** Why an attempt is stopped. */
    enum Reason {
        /** The job's client asked for it. */
        CANCELED,
        /** It took longer than allowed; the job has failed already. */
        TIMEOUT,
        /** The gateway stops; the job goes back to the queue. */
        STOPPING,
        /** The store gave the job to somebody else; nothing is left to write. */
        SUPERSEDED
    }

    private final List<Runnable> actions = new ArrayList<>();
    private @Nullable Reason reason;

    void cancel(Reason why) {
        List<Runnable> due;
        synchronized (this) {
            if (reason != null) {
                return;
            }
            reason = why;
            due = List.copyOf(actions);
            actions.clear();
        }
        due.forEach(Runnable::run);
    }

    /** Stops the attempt when the job's client asked for it. */
    void cancelIf(boolean requested) {
        if (requested) {
            cancel(Reason.CANCELED);
        }
    }

    synchronized @Nullable Reason reason() {
        return reason;
    }

    @Override
    public boolean isCancelled() {
        return reason() != null;
    }

    @Override
    public Registration onCancel(Runnable action) {
        boolean now;
        synchronized (this) {
            now = reason != null;
            if (!now) {
                actions.add(action);
            }
        }
        if (now) {
            action.run();
        }
        return () -> remove(action);
    }

    private synchronized void remove(Runnable action) {
        actions.remove(action);
    }
}
