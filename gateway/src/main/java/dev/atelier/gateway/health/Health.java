package dev.atelier.gateway.health;

import dev.atelier.gateway.metrics.GatewayMetrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/**
 * What is known about the gateway's health. Everything is looked up in the background, and told from memory: no answer
 * waits for a device, a disk or a database, or can be slow because they are. Safe from any thread.
 */
public final class Health {
    /** The check that fails while the gateway ends. */
    public static final String DRAINING = "draining";

    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final GatewayMetrics metrics;
    private final Duration interval;
    private final Duration patience;
    private final Map<String, Check> checks = new ConcurrentSkipListMap<>();
    private volatile Supplier<List<String>> starting = () -> List.of("the gateway");

    /** Creates the health of a gateway that has not started. */
    public Health(GatewayMetrics metrics) {
        this(metrics, INTERVAL, PATIENCE);
    }

    Health(GatewayMetrics metrics, Duration interval, Duration patience) {
        this.metrics = metrics;
        this.interval = interval;
        this.patience = patience;
        show(new Check(DRAINING, null));
    }

    /**
     * Looks at something now, and again every few seconds for as long as Vert.x lives; what does not answer in time is
     * not well. A check fails until its first look has ended.
     */
    public void watch(Vertx vertx, String name, Probe probe) {
        show(new Check(name, "it was not looked at yet"));
        look(vertx, name, probe);
    }

    private void look(Vertx vertx, String name, Probe probe) {
        long late = vertx.setTimer(
                patience.toMillis(),
                timer -> show(new Check(name, "it does not answer within " + patience.toMillis() + " ms")));
        Future.<Void>succeededFuture()
                .compose(now -> probe.look())
                .otherwise(failure -> Optional.of(reason(failure)))
                .onSuccess(problem -> {
                    vertx.cancelTimer(late);
                    show(new Check(name, problem.orElse(null)));
                    vertx.setTimer(interval.toMillis(), timer -> look(vertx, name, probe));
                });
    }

    private static String reason(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    /** The gateway takes nothing new any more. */
    public void drain() {
        show(new Check(DRAINING, "the gateway ends: it takes nothing new"));
    }

    /** The start still waits for what this tells, whenever somebody asks; it must be quick. */
    public void starting(Supplier<List<String>> what) {
        starting = what;
    }

    private void show(Check check) {
        checks.put(check.name(), check);
        metrics.ready(check.name(), check.ok());
    }

    /** Returns what readiness depends on, by name. */
    public List<Check> readiness() {
        return new ArrayList<>(checks.values());
    }

    /** Returns what the start still waits for. */
    public List<String> starting() {
        return starting.get();
    }
}
