package dev.atelier.gateway.metrics;

import dev.atelier.plugin.Device;
import dev.atelier.plugin.PluginMetrics;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which models there are, and which are open. Safe from any thread. Models are declared ones, so that labels stay few.
 */
public final class ModelMetrics {
    /** What a model can be in. */
    private enum State {
        /** Its plugin or checkpoint is not there. */
        UNAVAILABLE,
        /** It can be opened. */
        CLOSED,
        /** It did not open when it was tried last, and is open nowhere. */
        FAILED,
        /** A device has it open. */
        OPEN
    }

    private final Meters meters;
    private final Map<String, Boolean> failed = new ConcurrentHashMap<>();
    private final Map<OpenModel, Long> bytes = new ConcurrentHashMap<>();
    private volatile Set<String> servable = Set.of();

    private record OpenModel(Device device, String model) {}

    ModelMetrics(Meters meters) {
        this.meters = meters;
    }

    /** Shows the models that plugins declare, and those of them that can be served. */
    public void declared(Collection<String> models, Collection<String> served) {
        servable = Set.copyOf(served);
        models.forEach(this::declared);
    }

    /** Shows a model that is not open anywhere yet. */
    void declared(String model) {
        loaded(model);
        meters.number(Metric.MODEL_BYTES, model);
        meters.counter(Metric.MODEL_LOAD_FAILURES, model);
        meters.counter(Metric.JOBS_ACCEPTED, model);
        meters.counter(Metric.IMAGES, model);
        for (State state : State.values()) {
            meters.gauge(
                    Metric.MODEL_STATE,
                    () -> state(model) == state ? 1 : 0,
                    model,
                    state.name().toLowerCase(Locale.ROOT));
        }
    }

    private State state(String model) {
        if (loaded(model).get() > 0) {
            return State.OPEN;
        }
        if (!servable.contains(model)) {
            return State.UNAVAILABLE;
        }
        return failed.getOrDefault(model, false) ? State.FAILED : State.CLOSED;
    }

    /** Returns whether a model that can be served is open, or was not tried in vain. */
    public boolean canRun(String model) {
        State state = state(model);
        return state == State.OPEN || state == State.CLOSED;
    }

    private AtomicLong loaded(String model) {
        return meters.number(Metric.MODEL_LOADED, model);
    }

    /** A model was opened on a device. */
    public void opened(String model, double seconds) {
        failed.put(model, false);
        meters.timer(Metric.MODEL_LOAD, model).record(Duration.ofNanos((long) (seconds * 1e9)));
        loaded(model).incrementAndGet();
    }

    /** A model did not open on a device. */
    public void failed(String model) {
        failed.put(model, true);
        meters.counter(Metric.MODEL_LOAD_FAILURES, model).increment();
    }

    /** A model was closed on a device. */
    public void closed(Device device, String model) {
        loaded(model).decrementAndGet();
        bytes(device, model, 0);
        PluginMetrics own = of(device, model);
        for (PluginMetrics.Level level : PluginMetrics.Level.values()) {
            own.show(level, 0);
        }
    }

    /** What a model holds on a device was asked for. */
    public void bytes(Device device, String model, long held) {
        Long before = bytes.put(new OpenModel(device, model), held);
        meters.number(Metric.MODEL_BYTES, model).addAndGet(held - (before == null ? 0 : before));
    }

    /** Returns what a model counts that is open on a device. */
    public PluginMetrics of(Device device, String model) {
        return new PluginMetrics() {
            @Override
            public void count(Counter counter) {
                meters.counter(Metric.valueOf(counter.name())).increment();
            }

            @Override
            public void show(Level level, long value) {
                meters.number(Metric.valueOf(level.name()), model, device.toString())
                        .set(value);
            }
        };
    }
}
