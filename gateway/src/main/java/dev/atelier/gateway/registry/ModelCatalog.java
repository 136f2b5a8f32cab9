package dev.atelier.gateway.registry;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.TextToImagePlugin;
import java.util.List;
import java.util.Optional;

/** The models that plugins declare, and which of them can be served. Safe from any thread; its answers cost nothing. */
public final class ModelCatalog {
    /** Looks the checkpoints of all declared models up once; {@link #refresh()} does it again. */
    public ModelCatalog(PluginRegistry plugins, CheckpointStore checkpoints) {}

    /** Returns all declared models: zimage, zimage_turbo, zimage_deturbo, then the others by id. */
    public List<PipelineDescriptor> declared() {
        throw new UnsupportedOperationException();
    }

    /** Returns a declared model. */
    public Optional<PipelineDescriptor> find(String modelId) {
        throw new UnsupportedOperationException();
    }

    /** Returns the plugin that declares a model. */
    public Optional<TextToImagePlugin> plugin(String modelId) {
        throw new UnsupportedOperationException();
    }

    /** Tells whether the model's plugin has started and its checkpoint is complete on this machine. */
    public boolean servable(String modelId) {
        throw new UnsupportedOperationException();
    }

    /** Returns why a declared model cannot be served; empty when it can. */
    public Optional<String> whyNotServable(String modelId) {
        throw new UnsupportedOperationException();
    }

    /** Returns the ids of the models that can be served, in the order of {@link #declared()}. */
    public List<String> servedIds() {
        throw new UnsupportedOperationException();
    }

    /** Looks the checkpoints up again. Touches the disk: not for an event loop. */
    public void refresh() {
        throw new UnsupportedOperationException();
    }
}
