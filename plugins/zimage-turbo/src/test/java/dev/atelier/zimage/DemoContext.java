package dev.atelier.zimage;

import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.PluginMetrics;
import java.nio.file.Path;
import java.util.Map;

/** Opens a checkpoint folder, the demo's by default, on the CPU. */
public record DemoContext(Path snapshot, Map<String, Path> elsewhere, Map<String, String> settings)
        implements PluginContext {
    /** The demo checkpoint with default settings. */
    public DemoContext() {
        this(Golden.DEMO, Map.of("threads", "2"));
    }

    /** Another checkpoint. */
    public DemoContext(Path snapshot, Map<String, String> settings) {
        this(snapshot, Map.of(), settings);
    }

    /** Returns this with some components elsewhere. */
    public DemoContext with(Map<String, Path> components) {
        return new DemoContext(snapshot, components, settings);
    }

    @Override
    public Device device() {
        return Device.CPU;
    }

    @Override
    public Path checkpoint(String component) {
        return elsewhere.getOrDefault(component, snapshot.resolve(component));
    }

    @Override
    public CacheBudget cacheBudget() {
        return new CacheBudget(1 << 28, 1 << 24);
    }

    @Override
    public PluginMetrics metrics() {
        return counter -> {};
    }
}
