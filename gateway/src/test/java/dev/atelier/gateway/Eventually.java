package dev.atelier.gateway;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Watches what other threads bring about, from any package. */
public final class Eventually {
    private static final Duration STAYS = Duration.ofSeconds(3);

    private Eventually() {}

    /** Returns once a condition holds; fails when it never does. */
    public static void holds(String what, BooleanSupplier condition) {
        Await.until(what, condition);
    }

    /** Fails when a condition does not hold for some seconds, in which a worker polls the queue. */
    public static void staysTrue(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + STAYS.toNanos();
        while (System.nanoTime() < end) {
            if (!condition.getAsBoolean()) {
                throw new AssertionError("not so any more: " + what);
            }
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }
}
