package dev.atelier.gateway.registry;

import java.nio.file.Path;
import java.util.List;

/**
 * Finds, checks, loads and starts plugins. The only class that touches PF4J, which is not safe for several threads: all
 * changes happen under this object's lock.
 */
public final class PluginRegistry implements AutoCloseable {
    private PluginRegistry() {}

    /**
     * Loads every zip of a folder. A plugin that cannot be loaded is listed as failed and harms no other. Blocks.
     *
     * @param pluginsDir where the zips are; only read; may be absent
     * @param dataDir where they are unpacked, under {@code plugins}
     */
    public static PluginRegistry load(Path pluginsDir, Path dataDir) {
        throw new UnsupportedOperationException();
    }

    /** Returns all plugins, failed ones included, by id. */
    public List<PluginStatus> plugins() {
        throw new UnsupportedOperationException();
    }

    /** Stops all plugins. Pipelines must be closed before. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
