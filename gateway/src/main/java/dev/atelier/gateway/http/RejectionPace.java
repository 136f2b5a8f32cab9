package dev.atelier.gateway.http;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Decides which rejections are delayed: those beyond 50 in a tenth of a second, counted over all clients. A client that
 * repeats faulty requests without a pause waits for each answer then, instead of keeping the event loops from other
 * clients; no other answer is delayed. Thread-safe.
 */
final class RejectionPace {
    /** The delay of a rejection beyond the bound. */
    static final long DELAY_MILLIS = 100;

    private static final int PER_WINDOW = 50;
    private static final long WINDOW_MILLIS = 100;

    private final LongSupplier nanoTime;
    private long window = Long.MIN_VALUE;
    private int rejections;

    RejectionPace(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Counts a rejection and returns whether to delay it. */
    synchronized boolean exceeded() {
        long now = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong()) / WINDOW_MILLIS;
        if (now != window) {
            window = now;
            rejections = 0;
        }
        rejections++;
        return rejections > PER_WINDOW;
    }
}
