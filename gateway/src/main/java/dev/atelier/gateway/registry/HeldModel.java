package dev.atelier.gateway.registry;

import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.TextToImagePlugin;
import java.util.concurrent.atomic.AtomicBoolean;

/** A model of one generation of its plugin, which stays loaded until it is released. Safe from any thread. */
public final class HeldModel implements AutoCloseable {
    private final Route route;
    private final AtomicBoolean released = new AtomicBoolean();

    HeldModel(Route route) {
        this.route = route;
    }

    /** Returns what the model is. */
    public PipelineDescriptor descriptor() {
        return route.descriptor();
    }

    /** Returns what opens the model; not to be used after the release. */
    public TextToImagePlugin plugin() {
        return route.plugin();
    }

    /** Returns the plugin's id, under which its settings stand. */
    public String pluginId() {
        return route.pluginId();
    }

    /** Returns whether another generation of the plugin, or none, has taken its place. */
    public boolean isRetired() {
        return route.generation().isRetired();
    }

    /** Returns whether both are of one generation. */
    public boolean sameGeneration(HeldModel other) {
        return route.generation() == other.route.generation();
    }

    /** Holds the model once more. */
    public HeldModel again() {
        if (released.get() || !route.generation().enter()) {
            throw new IllegalStateException("model '" + descriptor().modelId() + "' was released");
        }
        return new HeldModel(route);
    }

    Route route() {
        return route;
    }

    /** Releases it; does nothing the second time. */
    @Override
    public void close() {
        if (released.compareAndSet(false, true)) {
            route.generation().leave();
        }
    }
}
