package dev.atelier.gateway.registry;

import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.TextToImagePlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A generation whose plugins have all started, and what keeps it loaded. Safe from any thread. */
final class StartedGeneration {
    private static final Logger LOG = LoggerFactory.getLogger(StartedGeneration.class);

    private final List<PluginCandidate> members;
    private final Map<String, List<Declared>> models;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Holders holders;

    private StartedGeneration(
            Loaded loaded, List<PluginCandidate> members, Map<String, List<Declared>> models, Rules rules) {
        this.members = List.copyOf(members);
        this.models = Map.copyOf(models);
        this.holders = new Holders(() -> end(loaded, members, rules, ended));
    }

    /**
     * How generations are started and ended.
     *
     * @param parent what plugins see of the gateway
     * @param apiVersion the version of plugin-api
     * @param limit how long one plugin may take
     * @param onHang hears of each thread that was abandoned, with the plugin's id
     * @param onEnding hears when a generation begins to end, with what is completed once it is gone
     * @param onLoad hears of each generation's members before they are loaded; what it returns is run when their
     *     classes are let go of
     */
    record Rules(
            ClassLoader parent,
            String apiVersion,
            Duration limit,
            Consumer<String> onHang,
            Consumer<CompletableFuture<Void>> onEnding,
            Function<List<PluginCandidate>, Runnable> onLoad) {}

    /** A model, and what it said it is. */
    private record Declared(TextToImagePlugin plugin, PipelineDescriptor descriptor) {}

    /** Plugins that are loaded, and what is to be run when they are gone. */
    private record Loaded(Generation generation, Runnable onEnd) {}

    /** A plugin did not start; the generation was given up. */
    static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Set<PluginCandidate> blamed;

        Failure(Collection<PluginCandidate> blamed, Throwable cause) {
            super(Reasons.of(cause), cause);
            this.blamed = Set.copyOf(blamed);
        }

        /** Returns whose fault it is. */
        Set<PluginCandidate> blamed() {
            return blamed;
        }
    }

    /** Loads and starts plugins, dependencies first, and tries each. Blocks. */
    static StartedGeneration start(List<PluginCandidate> members, Rules rules) throws Failure {
        Loaded loaded = load(members, rules);
        Map<String, List<Declared>> models = new HashMap<>();
        for (List<PluginCandidate> left = new ArrayList<>(members); !left.isEmpty(); ) {
            PluginCandidate next = ready(left)
                    .orElseThrow(() ->
                            new Failure(left, new IllegalStateException("plugins depend on each other in a circle")));
            left.remove(next);
            models.put(next.id(), start(next, loaded, rules, members));
        }
        return new StartedGeneration(loaded, members, models, rules);
    }

    private static Loaded load(List<PluginCandidate> members, Rules rules) throws Failure {
        Runnable onEnd = rules.onLoad().apply(members);
        try {
            return new Loaded(new Generation(members, rules.parent(), rules.apiVersion()), onEnd);
        } catch (RuntimeException | LinkageError e) {
            onEnd.run();
            throw new Failure(members, e);
        }
    }

    private static Optional<PluginCandidate> ready(List<PluginCandidate> left) {
        Set<String> ids = left.stream().map(PluginCandidate::id).collect(Collectors.toCollection(HashSet::new));
        return left.stream()
                .filter(one -> one.dependencyIds().stream().noneMatch(ids::contains))
                .findFirst();
    }

    private static List<Declared> start(
            PluginCandidate plugin, Loaded loaded, Rules rules, List<PluginCandidate> members) throws Failure {
        try {
            return PluginThread.call("starting " + plugin.id(), rules.limit(), () -> {
                List<TextToImagePlugin> models = loaded.generation().start(plugin.id());
                SmokeCheck.check(models);
                return models.stream()
                        .map(model -> new Declared(model, model.descriptor()))
                        .toList();
            });
        } catch (PluginThread.Hang e) {
            rules.onHang().accept(plugin.id()); // its thread may still be inside, so the generation is left as it is
            throw new Failure(List.of(plugin), e);
        } catch (Throwable e) {
            end(loaded, members, rules, new CompletableFuture<>());
            throw new Failure(List.of(plugin), e);
        }
    }

    // On a thread of its own: whoever leaves last may be an event loop, or the thread of a device.
    private static void end(Loaded loaded, List<PluginCandidate> members, Rules rules, CompletableFuture<Void> ended) {
        rules.onEnding().accept(ended);
        Thread thread = new Thread(
                () -> {
                    try {
                        PluginThread.call("stopping " + ids(members), rules.limit(), () -> {
                            loaded.generation().close();
                            return members;
                        });
                    } catch (PluginThread.Hang e) {
                        rules.onHang().accept(ids(members));
                        LOG.error("plugins {} do not stop: {}", ids(members), e.getMessage());
                    } catch (Throwable e) {
                        LOG.error("plugins {} do not stop", ids(members), e);
                    }
                    loaded.onEnd().run();
                    ended.complete(null);
                },
                "atelier-plugins-end");
        thread.setDaemon(true);
        thread.start();
    }

    private static String ids(List<PluginCandidate> members) {
        return members.stream().map(PluginCandidate::id).collect(Collectors.joining(", "));
    }

    List<PluginCandidate> members() {
        return members;
    }

    /** Returns the ways to the models of a member. */
    List<Route> routes(String pluginId) {
        return models.getOrDefault(pluginId, List.of()).stream()
                .map(model -> new Route(pluginId, model.plugin(), model.descriptor(), this))
                .toList();
    }

    /** Returns the ways to all its models. */
    List<Route> routes() {
        return members.stream().flatMap(member -> routes(member.id()).stream()).toList();
    }

    /** Counts one more user of its models; returns false when it is unloaded already. */
    boolean enter() {
        return holders.enter();
    }

    void leave() {
        holders.leave();
    }

    /** Nothing is routed to it any more; it is unloaded when its last user leaves. */
    void retire() {
        holders.retire();
    }

    /** Returns what completes when its classes are let go of. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    boolean isRetired() {
        return holders.isRetired();
    }
}
