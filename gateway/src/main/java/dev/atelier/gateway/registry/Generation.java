package dev.atelier.gateway.registry;

import dev.atelier.plugin.TextToImagePlugin;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.pf4j.DefaultPluginLoader;
import org.pf4j.DefaultPluginManager;
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
 * Plugins that are loaded together, under a plugin manager that looks only where it is told to. The only class that
 * touches PF4J's managers, which are not safe for several threads: one thread at a time calls it.
 */
final class Generation {
    private static final Logger LOG = LoggerFactory.getLogger(Generation.class);

    private final Manager manager;

    /**
     * Prepares to load these plugins; runs no code of theirs.
     *
     * @param parent what they see of the gateway
     * @param apiVersion the version of plugin-api
     * @throws RuntimeException when they cannot be loaded together
     */
    Generation(List<PluginCandidate> members, ClassLoader parent, String apiVersion) {
        List<Path> contents = members.stream().map(PluginCandidate::content).toList();
        manager = new Manager(contents, parent);
        manager.setSystemVersion(apiVersion);
        manager.loadPlugins();
    }

    /** Starts a plugin whose dependencies have started, and makes its models. Runs its code. */
    List<TextToImagePlugin> start(String id) throws ReflectiveOperationException {
        manager.startPlugin(id);
        PluginWrapper plugin = manager.getPlugin(id);
        if (!plugin.getPluginState().isStarted()) {
            throw new IllegalStateException("it did not start", plugin.getFailedException());
        }
        List<TextToImagePlugin> models = new ArrayList<>();
        for (String name : new TreeSet<>(manager.getExtensionClassNames(id))) {
            Class<?> extension = plugin.getPluginClassLoader().loadClass(name);
            // A plugin that lists no extensions of its own is shown those of the plugins that it depends on.
            boolean own = extension.getClassLoader() == plugin.getPluginClassLoader();
            if (own && TextToImagePlugin.class.isAssignableFrom(extension)) {
                models.add((TextToImagePlugin) construct(extension));
            }
        }
        return models;
    }

    /** Stops each plugin, dependents first, and lets go of its classes. */
    void close() {
        // stopPlugins() itself trips over its own list in PF4J 3.15; a plugin that cannot be stopped stays in its lists
        manager.unloadPlugins();
        manager.closeLoaders();
    }

    private static Object construct(Class<?> type) throws ReflectiveOperationException {
        return type.getConstructor().newInstance();
    }

    private static final class Manager extends DefaultPluginManager {
        private final ClassLoader parent;

        Manager(List<Path> contents, ClassLoader parent) {
            super(contents);
            this.parent = parent;
        }

        void closeLoaders() {
            for (ClassLoader loader : List.copyOf(getPluginClassLoaders().values())) {
                try {
                    ((Closeable) loader).close();
                } catch (IOException e) {
                    LOG.warn("a plugin's class loader does not close: {}", e.toString());
                }
            }
            getPluginClassLoaders().clear();
        }

        @Override
        protected VersionManager createVersionManager() {
            return new Versions();
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
                    return new PluginClassLoader(pluginManager, descriptor, parent);
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
    }
}
