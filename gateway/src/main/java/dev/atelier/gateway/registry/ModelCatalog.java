package dev.atelier.gateway.registry;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.plugin.ComponentFiles;
import dev.atelier.plugin.PipelineDescriptor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The models that plugins declare, and which of them can be served. Safe from any thread; its answers cost nothing. */
public final class ModelCatalog {
    /** The event-bus address at which devices hear that models came, went or were exchanged. */
    public static final String CHANGED = "atelier.models.changed";

    /** The reference server's order; a client may rely on which model comes first. */
    private static final List<String> FIRST = List.of("zimage", "zimage_turbo", "zimage_deturbo");

    private static final Comparator<Model> ORDER =
            Comparator.comparingInt(Model::rank).thenComparing(Model::id);

    private final PluginRegistry plugins;
    private final CheckpointStore checkpoints;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();
    private volatile Map<String, Model> models = Map.of();

    /** Looks the checkpoints of all declared models up, and again whenever plugins change. */
    public ModelCatalog(PluginRegistry plugins, CheckpointStore checkpoints) {
        this.plugins = plugins;
        this.checkpoints = checkpoints;
        refresh();
        plugins.onChange(this::refresh);
    }

    /** Looks plugins and checkpoints up again; returns whether that changed anything. Touches the disk. */
    public synchronized boolean refresh() {
        List<Model> found = new ArrayList<>();
        Set<String> routed = new HashSet<>();
        for (Route route : plugins.routes()) {
            PipelineDescriptor descriptor = route.descriptor();
            String missing = checkpoints.missing(descriptor).orElse(null);
            found.add(new Model(route.pluginId(), route, descriptor, missing));
            routed.add(descriptor.modelId());
        }
        for (PluginStatus plugin : plugins.plugins()) {
            String reason = "its plugin '" + plugin.id() + "' "
                    + (plugin.state() == PluginStatus.State.DISABLED ? "is disabled" : "failed: " + plugin.reason());
            plugin.declared().stream()
                    .filter(descriptor -> routed.add(descriptor.modelId()))
                    .forEach(descriptor -> found.add(new Model(plugin.id(), null, descriptor, reason)));
        }
        found.sort(ORDER);
        Map<String, Model> byId = new LinkedHashMap<>();
        found.forEach(model -> byId.put(model.id(), model));
        boolean changed = !byId.equals(models);
        models = byId;
        return changed;
    }

    /** Returns the plugins that declare the models. */
    public PluginRegistry plugins() {
        return plugins;
    }

    /** Returns all declared models: zimage, zimage_turbo, zimage_deturbo, then the others by id. */
    public List<PipelineDescriptor> declared() {
        return models.values().stream().map(Model::descriptor).toList();
    }

    /** Returns a declared model. */
    public Optional<PipelineDescriptor> find(String modelId) {
        return model(modelId).map(Model::descriptor);
    }

    /**
     * Holds a model whose plugin has started, in its present generation, so that it stays loaded. The caller releases
     * it.
     */
    public Optional<HeldModel> hold(String modelId) {
        Map<String, Model> before = models;
        Model model = before.get(modelId);
        if (model == null || model.route() == null) {
            return Optional.empty();
        }
        if (model.route().generation().enter()) {
            return Optional.of(new HeldModel(model.route()));
        }
        // It was exchanged meanwhile, after what took its place was put into the catalog; at the end nothing did.
        return models == before ? Optional.empty() : hold(modelId);
    }

    /** Returns the components of a model's checkpoint that are on this machine. Looking them up touches the disk. */
    public ComponentFiles local(PipelineDescriptor model) {
        return checkpoints.local(model);
    }

    /** A model could not be opened for a reason that is its plugin's fault. */
    public void fail(HeldModel model, Throwable failure) {
        plugins.fail(model, failure);
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

    /** A device opened a model. */
    public void opened(String modelId) {
        open.merge(modelId, 1, Integer::sum);
    }

    /** A device closed a model. */
    public void closed(String modelId) {
        open.computeIfPresent(modelId, (id, devices) -> devices > 1 ? devices - 1 : null);
    }

    /** Tells whether a model is open on a device here. */
    public boolean isOpen(String modelId) {
        return open.containsKey(modelId);
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
     * @param route where its requests go; null while its plugin does not serve
     * @param descriptor what it is
     * @param missing why it cannot be served; null when it can
     */
    private record Model(
            String pluginId,
            @Nullable Route route,
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
