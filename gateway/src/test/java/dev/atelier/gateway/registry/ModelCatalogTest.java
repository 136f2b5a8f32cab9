package dev.atelier.gateway.registry;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.plugin.PipelineDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCatalogTest {
    @TempDir
    Path folder;

    private ModelCatalog catalog() {
        PluginRegistry registry = PluginRegistry.load(folder.resolve("plugins"), folder.resolve("data"));
        return new ModelCatalog(registry, new CheckpointStore(Map.of(), folder.resolve("models"), List.of()));
    }

    private Path plugins() {
        return folder.resolve("plugins");
    }

    @Test
    void listsTheFamilyInTheReferencesOrderAndThenTheOthersById() throws IOException {
        for (String id : List.of("b", "zimage_deturbo", "a", "zimage", "zimage_turbo")) {
            procedural(id).writeTo(plugins());
        }

        assertEquals(
                List.of("zimage", "zimage_turbo", "zimage_deturbo", "a", "b"),
                catalog().declared().stream().map(PipelineDescriptor::modelId).toList());
    }

    @Test
    void servesAModelOnceItsCheckpointIsThere() throws IOException {
        procedural("m").setting("base", "org/m").setting("component", "weights").writeTo(plugins());
        procedural("free").writeTo(plugins());
        ModelCatalog catalog = catalog();

        assertFalse(catalog.servable("m"));
        assertEquals(List.of("free"), catalog.servedIds());
        assertTrue(catalog.whyNotServable("m").orElseThrow().contains("org/m"));
        assertTrue(catalog.find("m").isPresent());

        Files.createDirectories(folder.resolve("models/org/m/weights"));
        catalog.refresh();

        assertTrue(catalog.servable("m"));
        assertEquals(Optional.empty(), catalog.whyNotServable("m"));
        assertEquals(List.of("free", "m"), catalog.servedIds());
    }

    @Test
    void knowsNoOtherModel() throws IOException {
        procedural("m").writeTo(plugins());
        ModelCatalog catalog = catalog();

        assertEquals(Optional.empty(), catalog.find("M"));
        assertFalse(catalog.servable("other"));
        assertEquals(Optional.of("test-m"), catalog.pluginId("m"));
    }
}
