package dev.atelier.gateway.registry;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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

    private final Settings settings;
    private final PluginFolder folder;
    private final PluginSwitches switches;
    private final PluginStates states = new PluginStates();
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

        private Path unpacked() {
            return dataDir.resolve("plugins");
        }
    }

    private PluginRegistry(Settings settings) {
        this.settings = settings;
        folder = new PluginFolder(settings.folder(), settings.unpacked(), settings.trusted());
        switches = PluginSwitches.read(settings.unpacked().resolve("disabled"));
        lineup = new Lineup(new StartedGeneration.Rules(
                new SharedClasses(PluginRegistry.class.getClassLoader()),
                ApiVersion.current(),
                settings.startTimeout(),
                id -> abandoned.incrementAndGet(),
                this::forget));
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
     * Loads a plugin anew, with those that it is loaded together with. What works now stays where that fails. Blocks.
     *
     * @throws PipelineException PLUGIN_NOT_FOUND
     */
    public synchronized PluginStatus reload(String id) {
        require(id);
        folder.look();
        lineup.forgive(id);
        settle(Set.of(id));
        return require(id);
    }

    /**
     * Switches a plugin on or off, now and at later starts. Blocks.
     *
     * @throws PipelineException PLUGIN_NOT_FOUND
     */
    public synchronized PluginStatus turn(String id, boolean on) {
        require(id);
        switches.turn(id, on);
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

    /** Stops all plugins and waits for it. Pipelines must be closed before. */
    @Override
    public void close() {
        List<StartedGeneration> last;
        synchronized (this) {
            last = active;
            active = List.of();
            states.clear();
        }
        last.forEach(StartedGeneration::retire);
        try {
            CompletableFuture.allOf(last.stream().map(StartedGeneration::ended).toArray(CompletableFuture[]::new))
                    .get(settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("plugins are still in use at the end");
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
                .orElseThrow(
                        () -> new PipelineException(ErrorCode.PLUGIN_NOT_FOUND, "There is no plugin '" + id + "'"));
    }

    /**
     * Removes what was unpacked for a generation that is gone, as far as nothing else was unpacked from the same zips.
     */
    private synchronized void forget(List<PluginCandidate> members) {
        Set<Path> used = Stream.concat(
                        folder.candidates().stream(),
                        active.stream().flatMap(generation -> generation.members().stream()))
                .map(PluginCandidate::content)
                .collect(Collectors.toSet());
        for (PluginCandidate member : members) {
            if (!used.contains(member.content())) {
                try {
                    new PluginArchive(member.zip(), member.sha256(), member.content()).delete();
                } catch (IOException e) {
                    LOG.warn("{} cannot be removed: {}", member.content(), e.toString());
                }
            }
        }
    }
}
