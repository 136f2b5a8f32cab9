package dev.atelier.example;

import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import dev.atelier.testkit.PluginContract;
import dev.atelier.testkit.PluginSubject;
import dev.atelier.testkit.TestContext;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The plugin keeps what the gateway relies on. */
class ExamplePluginTest {
    @TestFactory
    Stream<DynamicTest> keepsTheContract() {
        return PluginContract.of(new PluginSubject(
                ExamplePlugin::new,
                () -> TestContext.onCpu(Map.of()),
                new GenerationPlan("a lighthouse", "", new ImageSize(64, 64), "Default", 3, 1, 42, Profile.REFERENCE),
                Optional.empty(),
                Optional.empty()));
    }
}
