package dev.atelier.gateway.worker;

import dev.atelier.gateway.metrics.ModelMetrics;
import dev.atelier.gateway.registry.HeldModel;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.TextToImagePipeline;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that are open on one device, kept until the device's memory is needed for another. Used by the device's
 * drawing thread alone.
 */
final class Pipelines {
    private static final Logger LOG = LoggerFactory.getLogger(Pipelines.class);

    private final Device device;
    private final DrawingServices services;
    private final DrawingSettings settings;
    /** By model id, the one that was used longest ago first. */
    private final Map<String, Open> open = new LinkedHashMap<>(16, 0.75f, true);

    Pipelines(Device device, DrawingServices services, DrawingSettings settings) {
        this.device = device;
        this.services = services;
        this.settings = settings;
    }

    /** A model that is open, with the hashes of the adapters that it drew with last; null before the first picture. */
    private static final class Open {
        private final HeldModel held;
        private final TextToImagePipeline pipeline;
        private @Nullable List<String> adapters;

        private Open(HeldModel held, TextToImagePipeline pipeline) {
            this.held = held;
            this.pipeline = pipeline;
        }
    }

    /**
     * Opens a model that is not open yet, ahead of any job; where that needs another one's memory, it waits for one.
     */
    void open(String model) {
        if (open.containsKey(model)) {
            return;
        }
        try {
            open(model, System.nanoTime());
        } catch (PipelineException e) {
            if (e.code() != ErrorCode.INSUFFICIENT_GPU_MEMORY) {
                throw e;
            }
            LOG.info("{}: {} is opened when a job needs it: {}", device, model, e.getMessage());
        }
    }

    /** Closes what is of a generation that another one, or none, has replaced. To be called between jobs. */
    void closeRetired() {
        List<String> retired = open.entrySet().stream()
                .filter(entry -> entry.getValue().held.isRetired())
                .map(Map.Entry::getKey)
                .toList();
        retired.forEach(this::close);
    }

    /**
     * Opens a model for a job and tells what that took, in the reference server's words. The job stays with the
     * generation of the model's plugin that it gets here.
     */
    Access access(String model, List<String> adapters) {
        closeRetired(); // first, so that two generations never meet on a device
        Open known = open.get(model);
        if (known == null) {
            load(model).adapters = adapters;
            return Access.FRESH_LOAD;
        }
        List<String> before = known.adapters == null ? List.of() : known.adapters;
        known.adapters = adapters;
        return before.equals(adapters) ? Access.REUSE : Access.HOT_SWAP;
    }

    /** Returns an open model, or opens it again when it had to give way meanwhile. */
    TextToImagePipeline get(String model) {
        Open known = open.get(model);
        return (known == null ? load(model) : known).pipeline;
    }

    private Open load(String model) {
        while (true) {
            try {
                return open(model, System.nanoTime());
            } catch (PipelineException e) {
                if (e.code() != ErrorCode.INSUFFICIENT_GPU_MEMORY) {
                    throw e;
                }
                if (!makeRoomFor(model)) {
                    services.metrics().models().failed(model);
                    throw e;
                }
            }
        }
    }

    /** Closes the other model that was used longest ago; returns whether there was one. */
    boolean makeRoomFor(String model) {
        Optional<String> oldest =
                open.keySet().stream().filter(other -> !other.equals(model)).findFirst();
        oldest.ifPresent(other -> {
            LOG.info("{}: closing {} to make room for {}", device, other, model);
            close(other);
        });
        return oldest.isPresent();
    }

    private Open open(String model, long start) {
        HeldModel held = services.catalog().hold(model).orElseThrow(() -> unknown(model));
        Open opened = new Open(held, pipeline(held));
        open.put(model, opened);
        services.catalog().opened(model);
        double seconds = (System.nanoTime() - start) / 1e9;
        ModelMetrics metrics = services.metrics().models();
        metrics.opened(model, seconds);
        metrics.bytes(device, model, opened.pipeline.residentBytes());
        LOG.info("{}: opened {} in {} s", device, model, "%.1f".formatted(seconds));
        return opened;
    }

    private TextToImagePipeline pipeline(HeldModel held) {
        Map<String, String> own = settings.pluginSettings().getOrDefault(held.pluginId(), Map.of());
        DeviceContext context = new DeviceContext(
                device,
                held.descriptor(),
                services.checkpoints(),
                settings.cacheBudget(),
                own,
                services.metrics().models().of(device, held.descriptor().modelId()));
        try {
            return held.plugin().open(context);
        } catch (PipelineException e) {
            if (e.code() != ErrorCode.INSUFFICIENT_GPU_MEMORY) {
                services.metrics().models().failed(held.descriptor().modelId());
            }
            held.close();
            throw e;
        } catch (Throwable e) {
            // A missing class and an OutOfMemoryError too: the plugin is at fault, the others serve on.
            LOG.error("{}: plugin {} failed to open a model", device, held.pluginId(), e);
            services.metrics().models().failed(held.descriptor().modelId());
            services.catalog().fail(held, e);
            held.close();
            throw e;
        }
    }

    private static PipelineException unknown(String model) {
        return new PipelineException(
                ErrorCode.MODEL_NOT_AVAILABLE, "Model '" + model + "' has no plugin here any more");
    }

    private void close(String model) {
        Open closed = open.remove(model);
        if (closed != null) {
            services.catalog().closed(model);
            services.metrics().models().closed(device, model);
            try {
                closed.pipeline.close();
            } finally {
                closed.held.close();
            }
        }
    }

    void closeAll() {
        List.copyOf(open.keySet()).forEach(this::close);
    }
}
