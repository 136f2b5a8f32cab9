package dev.atelier.gateway.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A registry over two folders that is looked after by hand. */
final class DropInFixture implements AutoCloseable {
    final Path plugins;
    final Path data;
    final PluginRegistry registry;
    final ModelCatalog catalog;

    DropInFixture(Path folder) {
        this(folder, TrustedKeys.ANY);
    }

    DropInFixture(Path folder, TrustedKeys trusted) {
        plugins = folder.resolve("plugins");
        data = folder.resolve("data");
        registry = PluginRegistry.load(new PluginRegistry.Settings(plugins, data, Duration.ofSeconds(2), trusted));
        catalog = new ModelCatalog(registry, new CheckpointStore(Map.of(), folder.resolve("models"), List.of()));
    }

    /** Looks until what is there now has settled. */
    DropInFixture settle() {
        registry.scan();
        registry.scan();
        return this;
    }

    Optional<PluginStatus> find(String id) {
        return registry.plugins().stream()
                .filter(plugin -> plugin.id().equals(id))
                .findFirst();
    }

    PluginStatus status(String id) {
        return find(id).orElseThrow(() -> new AssertionError(id + " is not in " + registry.plugins()));
    }

    void assertServes(String id, String version) {
        assertEquals(
                PluginStatus.State.STARTED, status(id).state(), () -> status(id).reason());
        assertEquals(version, status(id).version());
    }

    void assertFailed(String id, String reason) {
        assertEquals(PluginStatus.State.FAILED, status(id).state());
        assertTrue(status(id).reason().contains(reason), status(id).reason());
    }

    ClassLoader loader(String id) {
        return status(id).models().get(0).getClass().getClassLoader();
    }

    @Override
    public void close() {
        registry.close();
    }
}
