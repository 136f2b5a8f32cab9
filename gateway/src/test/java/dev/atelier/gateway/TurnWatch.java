package dev.atelier.gateway;

import dev.atelier.gateway.http.ApiContract;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.tracing.Tracing;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Measures the processor time of single turns of event loops, with Vert.x's own checker of threads. It sees a turn a
 * few milliseconds after its beginning, and measures from there.
 */
final class TurnWatch {
    private static final long CHECK_MILLIS = 2;
    private static final long SAME_START_NANOS = 500_000;
    private static final int SHOWN_FRAMES = 25;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Map<Thread, Turn> turns = new HashMap<>();
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final long limit;
    private volatile boolean watching;

    /** A turn as it was when it was first seen. */
    private record Turn(long start, long cpu) {}

    /**
     * Watches the event loops of a foundation that {@link #foundation} made.
     *
     * @param limitMillis the processor time that a turn may take
     */
    TurnWatch(Foundation foundation, long limitMillis) {
        limit = TimeUnit.MILLISECONDS.toNanos(limitMillis);
        ((VertxInternal) foundation.vertx())
                .blockedThreadChecker()
                .setThreadBlockedHandler(event -> check(event.thread(), event.duration()));
    }

    /** Returns a foundation whose threads are checked often enough. */
    static Foundation foundation() {
        GatewayMetrics metrics = new GatewayMetrics();
        VertxOptions options = new VertxOptions()
                .setBlockedThreadCheckInterval(CHECK_MILLIS)
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
                .setMaxEventLoopExecuteTime(1)
                .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
                .setMetricsOptions(metrics.vertxOptions());
        Vertx vertx = Vertx.builder()
                .with(options)
                .withMetrics(metrics.vertxFactory())
                .build();
        return new Foundation(metrics, Tracing.OFF, vertx, CompletableFuture.supplyAsync(ApiContract::read));
    }

    /** Begins to watch; classes should have been loaded and compiled by then. */
    void begin() {
        watching = true;
    }

    /** Returns the turns that took more than the limit, each with a stack. */
    List<String> seen() {
        return List.copyOf(seen);
    }

    private void check(Thread thread, long duration) {
        if (!watching || !thread.getName().contains("eventloop")) {
            return;
        }
        long start = System.nanoTime() - duration;
        long cpu = THREADS.getThreadCpuTime(thread.getId());
        Turn turn = turns.get(thread);
        if (turn == null || Math.abs(turn.start() - start) > SAME_START_NANOS) {
            turns.put(thread, new Turn(start, cpu));
        } else if (cpu - turn.cpu() > limit) {
            turns.put(thread, new Turn(start, cpu)); // once for each time that it takes the limit again
            seen.add(Arrays.stream(thread.getStackTrace())
                    .limit(SHOWN_FRAMES)
                    .map(String::valueOf)
                    .collect(Collectors.joining("\n    ", (cpu - turn.cpu()) / 1_000_000 + " ms\n    ", "")));
        }
    }
}
