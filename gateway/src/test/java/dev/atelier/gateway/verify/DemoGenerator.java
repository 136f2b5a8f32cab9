package dev.atelier.gateway.verify;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.generator.ImageGenerator;
import dev.atelier.gateway.generator.LocalGenerator;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The generator of the tests: the built plugins with the demo checkpoint. */
final class DemoGenerator {
    private static final Path DEMO = Path.of("../plugins/zimage-turbo/demo");

    private DemoGenerator() {}

    static ImageGenerator start() throws IOException {
        Path data = Files.createTempDirectory("atelier-verify");
        data.toFile().deleteOnExit();
        return new LocalGenerator(
                PluginRegistry.load(Path.of("target/plugins"), data),
                new CheckpointStore(Map.of("Tongyi-MAI/Z-Image-Turbo", DEMO.toAbsolutePath()), null, List.of()),
                new LocalGenerator.Environment(Device.CPU, new CacheBudget(1 << 28, 1 << 26), Map.of()));
    }
}
