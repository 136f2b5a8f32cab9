package dev.atelier.gateway.registry;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.TextToImagePlugin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The models that plugins declare, and which of them can be served. Safe from any thread; its answers cost nothing. */
public final class ModelCatalog {
    /** The reference server's order; a client may rely on which model comes first. */
    private static final List<String> FIRST = List.of("zimage", "zimage_turbo", "zimage_deturbo");

    private static final Comparator<Model> ORDER =
            Comparator.comparingInt(Model::rank).thenComparing(Model::id);

    private final PluginRegistry plugins;
    private final CheckpointStore checkpoints;
    private volatile Map<String, Model> models = Map.of();

    /** Looks the checkpoints of all declared models up once; {@link #refresh()} does it again. */
    public ModelCatalog(PluginRegistry plugins, CheckpointStore checkpoints) {
        this.plugins = plugins;
        this.checkpoints = checkpoints;
        refresh();
    }

    /** Looks plugins and checkpoints up again. Touches the disk: not for an event loop. */
    public void refresh() {
        List<Model> found = new ArrayList<>();
        for (PluginStatus plugin : plugins.plugins()) {
            for (TextToImagePlugin model : plugin.models()) {
                PipelineDescriptor descriptor = model.descriptor();
                String missing = checkpoints.missing(descriptor).orElse(null);
                found.add(new Model(plugin.id(), model, descriptor, missing));
            }
        }
        found.sort(ORDER);
        Map<String, Model> byId = new LinkedHashMap<>();
        found.forEach(model -> byId.put(model.id(), model));
        models = byId;
    }

    /** Returns all declared models: zimage, zimage_turbo, zimage_deturbo, then the others by id. */
    public List<PipelineDescriptor> declared() {
        return models.values().stream().map(Model::descriptor).toList();
    }

    /** Returns a declared model. */
    public Optional<PipelineDescriptor> find(String modelId) {
        return model(modelId).map(Model::descriptor);
    }

    /** Returns the plugin that declares a model. */
    public Optional<TextToImagePlugin> plugin(String modelId) {
        return model(modelId).map(Model::plugin);
    }

    /** Returns the id of the plugin that declares a model, under which its settings stand. */
    public Optional<String> pluginId(String modelId) {
        return model(modelId).map(Model::pluginId);
    }

    /** Tells whether the model's plugin has started and its checkpoint is complete on this machine. */
    public boolean servable(String modelId) {
        return model(modelId).filter(model -> model.missing() == null).isPresent();
    }

    /** Returns why a declared model cannot be served; empty when it can. */
    public Optional<String> whyNotServable(String modelId) {
        return model(modelId).map(Model::missing);
    }

    /** Returns the ids of the models that can be served, in the order of {@link #declared()}. */
    public List<String> servedIds() {
        return models.keySet().stream().filter(this::servable).toList();
    }

    private Optional<Model> model(String modelId) {
        return Optional.ofNullable(models.get(modelId));
    }

    /**
     * A declared model.
     *
     * @param pluginId the plugin that declares it
     * @param plugin what opens it
     * @param descriptor what it is
     * @param missing what its checkpoint lacks; null when it is complete
     */
    private record Model(
            String pluginId,
            TextToImagePlugin plugin,
            PipelineDescriptor descriptor,
            @Nullable String missing) {
        String id() {
            return descriptor.modelId();
        }

        int rank() {
            int place = FIRST.indexOf(id());
            return place < 0 ? FIRST.size() : place;
        }
    }
}
