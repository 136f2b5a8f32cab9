package dev.atelier.gateway.registry;

/** Counts who uses something, and lets go of it once it is retired and nobody does. Safe from any thread. */
final class Holders {
    private final Runnable letGo;
    private int count;
    private boolean retired;
    private boolean gone;

    /**
     * Starts without any.
     *
     * @param letGo run once, by whoever leaves or retires last
     */
    Holders(Runnable letGo) {
        this.letGo = letGo;
    }

    /** Counts one more; returns false when it is too late. Each success is answered by one {@link #leave()}. */
    synchronized boolean enter() {
        if (!gone) {
            count++;
        }
        return !gone;
    }

    void leave() {
        synchronized (this) {
            count--;
        }
        letGoWhenDue();
    }

    /** Nobody is to come any more; those that are there may stay. */
    void retire() {
        synchronized (this) {
            retired = true;
        }
        letGoWhenDue();
    }

    synchronized boolean isRetired() {
        return retired;
    }

    private void letGoWhenDue() {
        synchronized (this) {
            if (gone || !retired || count > 0) {
                return;
            }
            gone = true;
        }
        letGo.run();
    }
}
