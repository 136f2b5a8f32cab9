package dev.atelier.gateway.metrics;

import dev.atelier.gateway.job.JobState;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PluginMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What is counted while devices draw. Safe from any thread. Models are declared ones, so that labels stay few. */
public final class DrawingMetrics implements PluginMetrics {
    private final MeterRegistry registry;
    private final Map<String, AtomicLong> gauges = new ConcurrentHashMap<>();
    private final Map<Counter, io.micrometer.core.instrument.Counter> caches = new ConcurrentHashMap<>();

    DrawingMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (Counter counter : Counter.values()) {
            cache(counter);
        }
    }

    @Override
    public void count(Counter counter) {
        cache(counter).increment();
    }

    private io.micrometer.core.instrument.Counter cache(Counter counter) {
        return caches.computeIfAbsent(counter, raised -> {
            String name = raised.name().toLowerCase(Locale.ROOT).replace('_', '.');
            return registry.counter("atelier." + name);
        });
    }

    /** Shows a model that is not open anywhere yet. */
    public void declared(String model) {
        gauge("atelier.model.loaded", "How many devices have the model open", "model", model);
        gauge("atelier.model.bytes", "Bytes of weights and caches that the model holds", "model", model);
    }

    /** Shows a device that does nothing yet. */
    public void device(Device device) {
        gauge("atelier.running.jobs", "Jobs that a device draws", "device", device.toString());
        gauge("atelier.device.lost", "Whether the device's context is dead", "device", device.toString());
    }

    /** A device took a job up for the first time. */
    public void waited(Duration wait) {
        timer("atelier.queue.wait", "From acceptance to a device", Tags.empty()).record(wait);
    }

    /** A device began to draw a job, or ended. */
    public void running(Device device, boolean running) {
        gauge("atelier.running.jobs", "Jobs that a device draws", "device", device.toString())
                .set(running ? 1 : 0);
    }

    /** A device's context died. */
    public void lost(Device device) {
        gauge("atelier.device.lost", "Whether the device's context is dead", "device", device.toString())
                .set(1);
    }

    /**
     * A job ended.
     *
     * @param code why it failed; null unless it did
     * @param total from its acceptance
     */
    public void finished(String model, JobState state, @Nullable ErrorCode code, Duration total) {
        registry.counter(
                        "atelier.jobs.finished",
                        Tags.of(
                                "model",
                                model,
                                "state",
                                state.name().toLowerCase(Locale.ROOT),
                                "code",
                                code == null ? "none" : code.name()))
                .increment();
        if (state == JobState.SUCCEEDED) {
            timer("atelier.job", "From acceptance to the result", Tags.of("model", model))
                    .record(total);
        }
    }

    /** A picture was written. */
    public void image(String model) {
        registry.counter("atelier.images", "model", model).increment();
    }

    /**
     * A stage of a picture ended.
     *
     * @param stage such as {@code text_encode} or {@code save}
     */
    public void stage(String model, String stage, ImageSize size, double seconds) {
        Tags tags = Tags.of("model", model, "stage", stage, "size", SizeBucket.of(size));
        timer("atelier.stage", "A stage of a picture", tags).record(duration(seconds));
    }

    /** A denoising step ended. */
    public void step(String model, ImageSize size, Duration duration) {
        Tags tags = Tags.of("model", model, "size", SizeBucket.of(size));
        timer("atelier.step", "A denoising step", tags).record(duration);
    }

    /** A model was opened on a device. */
    public void opened(String model, double seconds) {
        timer("atelier.model.load", "Opening a model", Tags.of("model", model)).record(duration(seconds));
        gauge("atelier.model.loaded", "How many devices have the model open", "model", model)
                .incrementAndGet();
    }

    /** A model was closed on a device. */
    public void closed(String model) {
        gauge("atelier.model.loaded", "How many devices have the model open", "model", model)
                .decrementAndGet();
    }

    /** A model's memory was asked for. */
    public void bytes(String model, long bytes) {
        gauge("atelier.model.bytes", "Bytes of weights and caches that the model holds", "model", model)
                .set(bytes);
    }

    private Timer timer(String name, String description, Tags tags) {
        return Timer.builder(name).description(description).tags(tags).register(registry);
    }

    // Micrometer holds a gauge's value weakly: it lives as long as this map.
    private AtomicLong gauge(String name, String description, String label, String value) {
        return gauges.computeIfAbsent(name + " " + value, key -> {
            AtomicLong number = new AtomicLong();
            Gauge.builder(name, number, AtomicLong::doubleValue)
                    .description(description)
                    .tag(label, value)
                    .register(registry);
            return number;
        });
    }

    private static Duration duration(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
