package dev.atelier.gateway.testplugin;

import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePlugin;
import dev.atelier.testkit.PluginContract;
import dev.atelier.testkit.PluginSubject;
import dev.atelier.testkit.TestContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The plugin that the gateway's tests use keeps the contract itself, loaded as the gateway loads it. */
class ProceduralContractTest {
    @TempDir
    Path folder;

    private PluginRegistry registry;

    @AfterEach
    void close() {
        registry.close();
    }

    @TestFactory
    Stream<DynamicTest> keepsTheContract() throws IOException {
        TestPlugin.procedural("m").setting("component", "weights").writeTo(folder.resolve("plugins"));
        registry = PluginRegistry.load(folder.resolve("plugins"), folder.resolve("data"));
        TextToImagePlugin plugin = registry.plugins().get(0).models().get(0);
        return PluginContract.of(new PluginSubject(
                () -> plugin,
                () -> TestContext.onCpu(Map.of("weights", folder)),
                new GenerationPlan("p", "", new ImageSize(64, 64), "Default", 3, 1, 42, Profile.REFERENCE),
                Optional.of(AdapterFixture.write(folder.resolve("a.safetensors"), "a")),
                Optional.empty()));
    }
}
