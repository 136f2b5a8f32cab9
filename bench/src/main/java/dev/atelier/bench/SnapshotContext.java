package dev.atelier.bench;

import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.PluginMetrics;
import java.nio.file.Path;
import java.util.Map;

/**
 * Opens a snapshot folder. Keeps no caption features, so that each run encodes its prompt as diffusers does.
 *
 * @param snapshot holds one folder per component
 * @param device where to draw
 * @param settings of the plugin
 */
record SnapshotContext(Path snapshot, Device device, Map<String, String> settings) implements PluginContext {
    private static final long ADAPTER_BYTES = 1L << 30;

    @Override
    public Path checkpoint(String component) {
        return snapshot.resolve(component);
    }

    @Override
    public CacheBudget cacheBudget() {
        return new CacheBudget(ADAPTER_BYTES, 0);
    }

    @Override
    public PluginMetrics metrics() {
        return counter -> {};
    }
}
