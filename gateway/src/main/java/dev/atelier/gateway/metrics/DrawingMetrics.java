package dev.atelier.gateway.metrics;

import dev.atelier.gateway.job.JobState;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PluginMetrics;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is counted while devices draw. Safe from any thread. Models are declared ones, so that labels stay few. */
public final class DrawingMetrics {
    private final Meters meters;

    DrawingMetrics(Meters meters) {
        this.meters = meters;
        for (PluginMetrics.Counter counter : PluginMetrics.Counter.values()) {
            meters.counter(Metric.valueOf(counter.name()));
        }
    }

    /** Shows a device that does nothing yet. */
    public void device(Device device) {
        meters.number(Metric.RUNNING_JOBS, device.toString());
        meters.number(Metric.DEVICE_LOST, device.toString());
        progress(device, 0, 0);
    }

    /** A device took a job up for the first time. */
    public void waited(Duration wait) {
        meters.timer(Metric.QUEUE_WAIT).record(wait);
    }

    /** A device began to draw a job, or ended. */
    public void running(Device device, boolean running) {
        meters.number(Metric.RUNNING_JOBS, device.toString()).set(running ? 1 : 0);
        progress(device, 0, 0);
    }

    /** A device's context died. */
    public void lost(Device device) {
        meters.number(Metric.DEVICE_LOST, device.toString()).set(1);
    }

    /**
     * A job ended.
     *
     * @param code why it failed; null unless it did
     * @param total from its acceptance
     */
    public void finished(String model, JobState state, @Nullable ErrorCode code, Duration total) {
        meters.counter(
                        Metric.JOBS_FINISHED,
                        model,
                        state.name().toLowerCase(Locale.ROOT),
                        code == null ? "none" : code.name())
                .increment();
        if (state == JobState.SUCCEEDED) {
            meters.timer(Metric.JOB, model).record(total);
        }
    }

    /** A picture was written. */
    public void image(String model) {
        meters.counter(Metric.IMAGES, model).increment();
    }

    /**
     * A stage of a picture ended.
     *
     * @param stage such as {@code text_encode} or {@code save}
     */
    public void stage(String model, String stage, ImageSize size, double seconds) {
        meters.timer(Metric.STAGE, model, stage, SizeBucket.of(size)).record(duration(seconds));
    }

    /** A denoising step ended. */
    public void step(String model, ImageSize size, Duration duration) {
        meters.timer(Metric.STEP, model, SizeBucket.of(size)).record(duration);
    }

    /** A device's picture has reached a step. */
    public void progress(Device device, int step, int steps) {
        meters.number(Metric.RUNNING_STEP, device.toString()).set(step);
        meters.number(Metric.RUNNING_STEPS, device.toString()).set(steps);
    }

    /** A picture's adapters were made ready. */
    public void adapters(String model, double seconds) {
        meters.timer(Metric.ADAPTER_LOAD, model).record(duration(seconds));
    }

    /** A job's adapters were matched with the model. */
    public void matched(String model, List<AdapterReport> adapters) {
        int unmatched = adapters.stream()
                .mapToInt(adapter -> adapter.unmatched().count())
                .sum();
        meters.counter(Metric.ADAPTER_UNMATCHED_KEYS, model).increment(unmatched);
    }

    private static Duration duration(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
