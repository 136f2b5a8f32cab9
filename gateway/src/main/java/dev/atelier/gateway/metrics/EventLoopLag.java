package dev.atelier.gateway.metrics;

import io.micrometer.core.instrument.Timer;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/** How late an event loop comes to what is due: what occupies it, each client waits for. */
final class EventLoopLag {
    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(250);

    private final Timer lag;

    EventLoopLag(Meters meters) {
        lag = meters.timer(Metric.EVENT_LOOP_LAG);
    }

    /** Measures the calling event loop a few times a second, until its verticle is undeployed. */
    void watch(Vertx vertx) {
        next(vertx, System.nanoTime());
    }

    private void next(Vertx vertx, long start) {
        vertx.setTimer(TimeUnit.NANOSECONDS.toMillis(INTERVAL), due -> {
            long now = System.nanoTime();
            lag.record(Math.max(0, now - start - INTERVAL), TimeUnit.NANOSECONDS);
            next(vertx, now);
        });
    }
}
