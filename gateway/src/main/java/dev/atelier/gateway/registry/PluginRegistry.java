package dev.atelier.gateway.registry;

import dev.atelier.plugin.TextToImagePlugin;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.pf4j.DefaultPluginLoader;
import org.pf4j.DefaultPluginManager;
import org.pf4j.DefaultVersionManager;
import org.pf4j.Plugin;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginFactory;
import org.pf4j.PluginLoader;
import org.pf4j.PluginRepository;
import org.pf4j.PluginStatusProvider;
import org.pf4j.PluginWrapper;
import org.pf4j.VersionManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds, checks, loads and starts plugins. The only class that touches PF4J, which is not safe for several threads: all
 * changes happen under this object's lock.
 *
 * <p>Plugins that depend on each other are loaded together, by a plugin manager of their own, as one generation: PF4J
 * cannot exchange a plugin under its dependents, but a whole generation can be routed around and closed.
 */
public final class PluginRegistry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginRegistry.class);
    private static final VersionManager VERSIONS = new DefaultVersionManager();

    private final ClassLoader shared = new SharedClasses(PluginRegistry.class.getClassLoader());
    private final String apiVersion = apiVersion();
    private final List<Generation> generations = new ArrayList<>();
    private final Map<String, PluginStatus> plugins = new TreeMap<>();

    private PluginRegistry() {}

    /**
     * Loads every zip of a folder. A plugin that cannot be loaded is listed as failed and harms no other; of several
     * versions of a plugin the newest is taken. Blocks.
     *
     * @param pluginsDir where the zips are; only read; may be absent
     * @param dataDir where they are unpacked, under {@code plugins}
     */
    public static PluginRegistry load(Path pluginsDir, Path dataDir) {
        PluginRegistry registry = new PluginRegistry();
        registry.loadAll(pluginsDir, dataDir.resolve("plugins"));
        return registry;
    }

    /** Returns all plugins, failed ones included, by id. */
    public synchronized List<PluginStatus> plugins() {
        return List.copyOf(plugins.values());
    }

    /** Stops all plugins. Pipelines must be closed before. */
    @Override
    public synchronized void close() {
        generations.forEach(Generation::close);
        generations.clear();
        plugins.clear();
    }

    private synchronized void loadAll(Path pluginsDir, Path unpacked) {
        Map<String, PluginCandidate> candidates = new TreeMap<>();
        for (Path zip : zips(pluginsDir)) {
            try {
                PluginCandidate candidate = read(PluginArchive.unpack(zip, unpacked));
                candidates.merge(candidate.id(), candidate, PluginRegistry::newer);
            } catch (IOException | RuntimeException e) {
                failed(zip.getFileName().toString(), "", reason(e));
            }
        }
        refuse(candidates);
        Map<String, Set<String>> dependencies = new TreeMap<>();
        candidates.forEach((id, candidate) -> dependencies.put(id, candidate.dependencyIds()));
        for (Set<String> closure : Closures.of(dependencies)) {
            start(closure.stream().map(candidates::get).toList());
        }
    }

    // Versions and ranges that cannot be read must end this plugin alone, so they are tried before others are compared.
    private static PluginCandidate read(PluginArchive archive) throws IOException {
        PluginCandidate candidate = PluginCandidate.read(archive);
        VERSIONS.checkVersionConstraint(candidate.version(), candidate.requires());
        candidate.dependencies().forEach(dependency -> VERSIONS.checkVersionConstraint("0.0.0", dependency.range()));
        VERSIONS.compareVersions(candidate.version(), candidate.version());
        return candidate;
    }

    private static List<Path> zips(Path folder) {
        if (!Files.isDirectory(folder)) {
            LOG.warn("there is no plugin folder {}: no model will be served", folder);
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".zip"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("plugin folder " + folder + " is not readable", e);
        }
    }

    private static PluginCandidate newer(PluginCandidate one, PluginCandidate other) {
        boolean newer = VERSIONS.compareVersions(one.version(), other.version()) >= 0;
        PluginCandidate older = newer ? other : one;
        LOG.warn("{} is not loaded: there is a newer version of plugin {}", older.zip(), older.id());
        return newer ? one : other;
    }

    // One refusal can be the reason for the next, so it goes on until none follows.
    private void refuse(Map<String, PluginCandidate> candidates) {
        for (boolean again = true; again; ) {
            again = false;
            for (PluginCandidate candidate : List.copyOf(candidates.values())) {
                String refusal = candidate.refusal(candidates, apiVersion, VERSIONS::checkVersionConstraint);
                if (refusal != null) {
                    candidates.remove(candidate.id());
                    failed(candidate.id(), candidate.version(), refusal);
                    again = true;
                }
            }
        }
    }

    private void start(List<PluginCandidate> closure) {
        Generation generation = new Generation(closure);
        generations.add(generation);
        try {
            generation.loadPlugins();
        } catch (RuntimeException | LinkageError e) {
            closure.forEach(candidate -> failed(candidate.id(), candidate.version(), reason(e)));
            return;
        }
        for (PluginCandidate candidate : closure) {
            try {
                List<TextToImagePlugin> models = generation.start(candidate.id());
                models.forEach(this::refuseSecondDeclaration);
                plugins.put(
                        candidate.id(),
                        new PluginStatus(
                                candidate.id(), candidate.version(), PluginStatus.State.STARTED, models, null));
                LOG.info("plugin {} {} started", candidate.id(), candidate.version());
            } catch (Throwable e) {
                // Whatever a plugin throws, an OutOfMemoryError included, the others serve on.
                failed(candidate.id(), candidate.version(), reason(e));
            }
        }
    }

    private void refuseSecondDeclaration(TextToImagePlugin model) {
        String id = model.descriptor().modelId();
        for (PluginStatus plugin : plugins.values()) {
            if (plugin.models().stream()
                    .anyMatch(other -> other.descriptor().modelId().equals(id))) {
                throw new IllegalStateException("model '" + id + "' is declared by plugin " + plugin.id() + " already");
            }
        }
    }

    private void failed(String id, String version, String reason) {
        LOG.error("plugin {} {} failed: {}", id, version, reason);
        plugins.put(id, new PluginStatus(id, version, PluginStatus.State.FAILED, List.of(), reason));
    }

    private static String reason(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return root.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    // Without -SNAPSHOT: PF4J's ranges know no pre-releases, and one counts as older than its release.
    private static String apiVersion() {
        Properties versions = new Properties();
        try (InputStream in = PluginRegistry.class.getResourceAsStream("versions.properties")) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("versions.properties is not readable", e);
        }
        return versions.getProperty("plugin-api").replaceFirst("-.*", "");
    }

    /** Plugins that are loaded together, under a plugin manager that looks only where it is told to. */
    private final class Generation extends DefaultPluginManager {
        Generation(List<PluginCandidate> closure) {
            super(closure.stream().map(PluginCandidate::content).toList());
            setSystemVersion(apiVersion);
        }

        List<TextToImagePlugin> start(String id) throws ReflectiveOperationException {
            startPlugin(id);
            PluginWrapper plugin = getPlugin(id);
            if (!plugin.getPluginState().isStarted()) {
                throw new IllegalStateException("it did not start", plugin.getFailedException());
            }
            List<TextToImagePlugin> models = new ArrayList<>();
            for (String name : new TreeSet<>(getExtensionClassNames(id))) {
                Class<?> extension = plugin.getPluginClassLoader().loadClass(name);
                // A plugin that lists no extensions of its own is shown those of the plugins that it depends on.
                boolean own = extension.getClassLoader() == plugin.getPluginClassLoader();
                if (own && TextToImagePlugin.class.isAssignableFrom(extension)) {
                    models.add((TextToImagePlugin) construct(extension));
                }
            }
            return models;
        }

        // Stops each plugin, dependents first; stopPlugins() itself trips over its own list in PF4J 3.15.
        void close() {
            unloadPlugins();
        }

        @Override
        protected PluginRepository createPluginRepository() {
            return new PluginRepository() {
                @Override
                public List<Path> getPluginPaths() {
                    return getPluginsRoots();
                }

                @Override
                public boolean deletePluginPath(Path path) {
                    return false;
                }
            };
        }

        @Override
        protected PluginLoader createPluginLoader() {
            return new DefaultPluginLoader(this) {
                @Override
                protected PluginClassLoader createPluginClassLoader(Path path, PluginDescriptor descriptor) {
                    return new PluginClassLoader(pluginManager, descriptor, shared);
                }
            };
        }

        // PF4J's own factory logs what a constructor throws and goes on with null.
        @Override
        protected PluginFactory createPluginFactory() {
            return plugin -> {
                String name = plugin.getDescriptor().getPluginClass();
                try {
                    return (Plugin) construct(plugin.getPluginClassLoader().loadClass(name));
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException("plugin class " + name + " cannot be used", e);
                }
            };
        }

        // Which plugins are switched off is not for files in their folders to say.
        @Override
        protected PluginStatusProvider createPluginStatusProvider() {
            return new PluginStatusProvider() {
                @Override
                public boolean isPluginDisabled(String id) {
                    return false;
                }

                @Override
                public void disablePlugin(String id) {}

                @Override
                public void enablePlugin(String id) {}
            };
        }

        private static Object construct(Class<?> type) throws ReflectiveOperationException {
            return type.getConstructor().newInstance();
        }
    }
}
