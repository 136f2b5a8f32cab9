package dev.atelier.gateway.registry;

import dev.atelier.gateway.log.Redaction;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds, checks, loads, exchanges and unloads plugins. Plugins that depend on each other are loaded together, as one
 * generation: PF4J cannot exchange a plugin under its dependents, but a whole generation can be routed around, and is
 * closed after its last user.
 *
 * <p>What is loaded can be asked for from any thread at no cost. Changes block, one after the other.
 */
public final class PluginRegistry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginRegistry.class);
    private static final int LONGEST_SHOWN = 200;

    private final Settings settings;
    private final UnpackFolder unpacked;
    private final PluginFolder folder;
    private final PluginSwitches switches;
    private final PluginStates states;
    private final Map<Path, Integer> loaded = new HashMap<>();
    private final Set<CompletableFuture<Void>> ending = ConcurrentHashMap.newKeySet();
    private final AtomicInteger abandoned = new AtomicInteger();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Lineup lineup;
    private List<StartedGeneration> active = List.of();

    /**
     * Where plugins come from and how they are treated.
     *
     * @param folder where the zips are; only read; may be absent
     * @param dataDir where they are unpacked, under {@code plugins}
     * @param startTimeout how long a plugin may take to start
     * @param trusted whose zips are loaded
     */
    public record Settings(Path folder, Path dataDir, Duration startTimeout, TrustedKeys trusted) {
        /** How long a plugin may take to start where nobody says otherwise. */
        public static final Duration START_TIMEOUT = Duration.ofSeconds(60);

        private Path switches() {
            return dataDir.resolve("plugins").resolve("disabled");
        }
    }

    private PluginRegistry(Settings settings) {
        this.settings = settings;
        unpacked = UnpackFolder.claim(settings.dataDir());
        folder = new PluginFolder(settings.folder(), unpacked, settings.trusted());
        switches = PluginSwitches.read(settings.switches());
        states = new PluginStates(switches.declared());
        lineup = new Lineup(new StartedGeneration.Rules(
                new SharedClasses(PluginRegistry.class.getClassLoader()),
                ApiVersion.current(),
                settings.startTimeout(),
                id -> abandoned.incrementAndGet(),
                this::awaitAtTheEnd,
                this::keep));
    }

    /** Loads every zip of a folder, signed or not, with default limits. */
    public static PluginRegistry load(Path pluginsDir, Path dataDir) {
        return load(new Settings(pluginsDir, dataDir, Settings.START_TIMEOUT, TrustedKeys.ANY));
    }

    /**
     * Loads every zip of a folder. A plugin that cannot be loaded is listed as failed and harms no other; of several
     * versions of a plugin the newest that works is taken. Blocks.
     */
    public static PluginRegistry load(Settings settings) {
        PluginRegistry registry = new PluginRegistry(settings);
        registry.scan();
        registry.removeUnused();
        return registry;
    }

    /** Returns all plugins, failed ones included, by id. */
    public List<PluginStatus> plugins() {
        return states.statuses();
    }

    /** Returns how many threads were left to plugins that did not come back. */
    public int abandonedThreads() {
        return abandoned.get();
    }

    /** Returns where the requests for models go. */
    List<Route> routes() {
        return states.routes();
    }

    /** Has an action run after each change, before what was replaced is let go of. */
    public void onChange(Runnable action) {
        listeners.add(action);
    }

    /** Looks into the folder and loads and unloads what has changed there since two looks. Blocks. */
    public synchronized void scan() {
        folder.look();
        settle(Set.of());
    }

    /**
     * Loads a plugin anew from its zip, with those that it is loaded together with. What works now stays where that
     * fails. Blocks.
     *
     * @param id of the plugin, or the name of a zip that has turned out to be none
     * @throws PipelineException PLUGIN_NOT_FOUND
     */
    public synchronized PluginStatus reload(String id) {
        require(id);
        folder.forget(id);
        folder.look();
        lineup.forgive(id);
        settle(Set.of(id));
        return require(folder.pluginId(id));
    }

    /**
     * Switches a plugin on or off, now and at later starts. Blocks.
     *
     * @throws PipelineException PLUGIN_NOT_FOUND
     */
    public synchronized PluginStatus turn(String id, boolean on) {
        switches.turn(id, on, require(id).declared());
        lineup.forgive(id);
        settle(Set.of());
        return require(id);
    }

    /** A model could not be opened for a reason that is its plugin's fault: nothing is routed there any more. */
    public void fail(HeldModel model, Throwable failure) {
        states.fail(model.route(), Reasons.of(failure));
        listeners.forEach(Runnable::run);
    }

    /** Returns the models that were routed to and are gone on purpose since the last time that this was asked. */
    public Set<String> takeGone() {
        return states.takeGone();
    }

    /** Stops all plugins and waits for it, and for those that were stopped before. Pipelines must be closed before. */
    @Override
    public void close() {
        List<StartedGeneration> last;
        synchronized (this) {
            last = active;
            active = List.of();
            states.clear();
        }
        last.forEach(StartedGeneration::retire);
        Stream<CompletableFuture<Void>> all =
                Stream.concat(last.stream().map(StartedGeneration::ended), ending.stream());
        try {
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                    .get(settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
            closeUnpacked();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("plugins are still in use at the end");
        }
    }

    private void awaitAtTheEnd(CompletableFuture<Void> ended) {
        ending.removeIf(CompletableFuture::isDone);
        ending.add(ended);
    }

    // What a plugin that does not end is loaded from stays this gateway's until its process is gone.
    private synchronized void closeUnpacked() {
        if (loaded.isEmpty()) {
            unpacked.close();
        }
    }

    private void settle(Set<String> reloading) {
        List<StartedGeneration> before = active;
        Lineup.Result result = lineup.settle(folder.candidates(), switches.off(), before, reloading);
        active = result.generations();
        if (states.show(result, folder, switches.off())) {
            listeners.forEach(Runnable::run);
        }
        before.stream().filter(generation -> !active.contains(generation)).forEach(StartedGeneration::retire);
    }

    private PluginStatus require(String id) {
        return plugins().stream()
                .filter(plugin -> plugin.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new PipelineException(
                        ErrorCode.PLUGIN_NOT_FOUND,
                        "There is no plugin '" + Redaction.shortened(id, LONGEST_SHOWN) + "'"));
    }

    /** Keeps what a generation is loaded from, until it is run: classes are read when they are first needed. */
    private synchronized Runnable keep(List<PluginCandidate> members) {
        members.forEach(member -> loaded.merge(member.content(), 1, Integer::sum));
        return () -> letGo(members);
    }

    private synchronized void letGo(List<PluginCandidate> members) {
        members.forEach(
                member -> loaded.computeIfPresent(member.content(), (same, uses) -> uses > 1 ? uses - 1 : null));
        removeUnused();
    }

    private synchronized void removeUnused() {
        unpacked.keepOnly(Stream.concat(
                        loaded.keySet().stream(), folder.candidates().stream().map(PluginCandidate::content))
                .map(Path::getParent)
                .collect(Collectors.toSet()));
    }
}
