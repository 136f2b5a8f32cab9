package dev.atelier.gateway.worker;

import dev.atelier.gateway.metrics.ModelMetrics;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.plugin.TextToImagePlugin;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        private final TextToImagePipeline pipeline;
        private @Nullable List<String> adapters;

        private Open(TextToImagePipeline pipeline) {
            this.pipeline = pipeline;
        }
    }

    /** Opens a model that is not open yet, ahead of any job. */
    void open(String model) {
        if (!open.containsKey(model)) {
            load(model);
        }
    }

    /** Opens a model for a job and tells what that took, in the reference server's words. */
    Access access(String model, List<String> adapters) {
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
                if (e.code() != ErrorCode.INSUFFICIENT_GPU_MEMORY || open.isEmpty()) {
                    services.metrics().models().failed(model);
                    throw e;
                }
                String oldest = open.keySet().iterator().next();
                LOG.info("{}: closing {} to make room for {}", device, oldest, model);
                close(oldest);
            } catch (RuntimeException | Error e) {
                services.metrics().models().failed(model);
                throw e;
            }
        }
    }

    private Open open(String model, long start) {
        ModelCatalog catalog = services.catalog();
        PipelineDescriptor descriptor = catalog.find(model).orElseThrow(() -> unknown(model));
        TextToImagePlugin plugin = catalog.plugin(model).orElseThrow(() -> unknown(model));
        Map<String, String> own = settings.pluginSettings()
                .getOrDefault(catalog.pluginId(model).orElseThrow(() -> unknown(model)), Map.of());
        ModelMetrics metrics = services.metrics().models();
        Open opened = new Open(plugin.open(new DeviceContext(
                device, descriptor, services.checkpoints(), settings.cacheBudget(), own, metrics.of(device, model))));
        open.put(model, opened);
        double seconds = (System.nanoTime() - start) / 1e9;
        metrics.opened(model, seconds);
        metrics.bytes(model, opened.pipeline.residentBytes());
        LOG.info("{}: opened {} in {} s", device, model, "%.1f".formatted(seconds));
        return opened;
    }

    private static PipelineException unknown(String model) {
        return new PipelineException(
                ErrorCode.MODEL_NOT_AVAILABLE, "Model '" + model + "' has no plugin here any more");
    }

    private void close(String model) {
        Open closed = open.remove(model);
        if (closed != null) {
            services.metrics().models().closed(device, model);
            closed.pipeline.close();
        }
    }

    void closeAll() {
        List.copyOf(open.keySet()).forEach(this::close);
    }
}
