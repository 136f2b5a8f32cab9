package dev.atelier.testkit;

import dev.atelier.plugin.Cancellation;
import java.util.ArrayList;
import java.util.List;

/** A cancellation that a test trips, and that knows who still waits for it. */
final class Switch implements Cancellation {
    private final List<Runnable> actions = new ArrayList<>();
    private boolean cancelled;

    void trip() {
        List<Runnable> due;
        synchronized (this) {
            cancelled = true;
            due = List.copyOf(actions);
        }
        due.forEach(Runnable::run);
    }

    synchronized int waiting() {
        return actions.size();
    }

    @Override
    public synchronized boolean isCancelled() {
        return cancelled;
    }

    @Override
    public Registration onCancel(Runnable action) {
        boolean now;
        synchronized (this) {
            now = cancelled;
            actions.add(action);
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
