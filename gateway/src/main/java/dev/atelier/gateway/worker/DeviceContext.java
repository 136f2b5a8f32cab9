package dev.atelier.gateway.worker;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.PluginMetrics;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a plugin is given to open one model on one device.
 *
 * @param device the device
 * @param model the model
 * @param checkpoints where its weights are
 * @param cacheBudget what it may keep
 * @param settings its own settings
 * @param metrics where it counts
 */
record DeviceContext(
        Device device,
        PipelineDescriptor model,
        CheckpointStore checkpoints,
        CacheBudget cacheBudget,
        Map<String, String> settings,
        PluginMetrics metrics)
        implements PluginContext {
    /** Copies the map. */
    DeviceContext {
        settings = Map.copyOf(settings);
    }

    @Override
    public Path checkpoint(String component) {
        return checkpoints.folder(model, component);
    }
}
