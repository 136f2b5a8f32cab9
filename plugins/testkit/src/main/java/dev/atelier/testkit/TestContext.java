package dev.atelier.testkit;

import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.PluginMetrics;
import java.nio.file.Path;
import java.util.Map;

/**
 * A context for tests.
 *
 * @param device where to open
 * @param components the checkpoint's folders by component
 * @param cacheBudget what may be kept
 * @param settings the plugin's own settings
 * @param metrics where it counts
 */
public record TestContext(
        Device device,
        Map<String, Path> components,
        CacheBudget cacheBudget,
        Map<String, String> settings,
        PluginMetrics metrics)
        implements PluginContext {
    private static final CacheBudget BUDGET = new CacheBudget(64 << 20, 16 << 20);

    /** Copies the maps. */
    public TestContext {
        components = Map.copyOf(components);
        settings = Map.copyOf(settings);
    }

    /** Returns a context on the CPU with caches of some megabytes. */
    public static TestContext onCpu(Map<String, Path> components) {
        return new TestContext(Device.CPU, components, BUDGET, Map.of(), counter -> {});
    }

    @Override
    public Path checkpoint(String component) {
        Path folder = components.get(component);
        if (folder == null) {
            throw new PipelineException(
                    ErrorCode.MODEL_NOT_AVAILABLE, "component '" + component + "' is not on this machine");
        }
        return folder;
    }
}
