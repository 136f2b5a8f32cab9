package dev.atelier.gateway.metrics;

import dev.atelier.gateway.metrics.Nvml.Reading;
import dev.atelier.plugin.Device;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** How full and how busy GPUs are, looked up every few seconds. Shows nothing where the driver tells nothing. */
final class GpuGauges {
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final Meters meters;
    private final Map<Device, Reading> latest = new ConcurrentHashMap<>();

    GpuGauges(Meters meters) {
        this.meters = meters;
    }

    /** Looks from now on, on the executor, for as long as the caller's context lives. */
    void follow(Vertx vertx, WorkerExecutor executor, List<Device> devices) {
        List<Device> gpus = devices.stream()
                .filter(device -> device.kind() == Device.Kind.CUDA)
                .toList();
        if (!gpus.isEmpty()) {
            executor.executeBlocking(Nvml::open, false)
                    .onSuccess(found -> found.ifPresent(nvml -> look(vertx, executor, nvml, gpus)));
        }
    }

    private void look(Vertx vertx, WorkerExecutor executor, Nvml nvml, List<Device> gpus) {
        Future<Void> looked = executor.executeBlocking(
                () -> {
                    gpus.forEach(gpu -> show(gpu, nvml.read(gpu.index())));
                    return null;
                },
                false);
        looked.onSuccess(done -> vertx.setTimer(INTERVAL.toMillis(), due -> look(vertx, executor, nvml, gpus)));
    }

    /** Shows what was read last. */
    void show(Device gpu, Optional<Reading> read) {
        read.ifPresent(reading -> {
            if (latest.put(gpu, reading) == null) {
                String label = gpu.toString();
                meters.gauge(Metric.DEVICE_MEMORY_USED_BYTES, () -> latest(gpu).usedBytes(), label);
                meters.gauge(Metric.DEVICE_MEMORY_TOTAL_BYTES, () -> latest(gpu).totalBytes(), label);
                meters.gauge(Metric.DEVICE_UTILIZATION_RATIO, () -> latest(gpu).utilization(), label);
            }
        });
    }

    private Reading latest(Device gpu) {
        return latest.getOrDefault(gpu, new Reading(0, 0, 0));
    }
}
