package dev.atelier.gateway;

import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.SettingSources.Value;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.generator.ImageGenerator;
import dev.atelier.gateway.generator.LocalGenerator;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.worker.Devices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * The options of {@code serve} that choose plugins, checkpoints and the device, for commands that generate in this
 * process. They are read from the environment and from {@code .env} as well.
 */
final class ModelOptions {
    private static final List<Setting> SETTINGS = List.of(
            Setting.CHECKPOINT,
            Setting.MODEL_CACHE_DIR,
            Setting.HF_HUB_CACHE,
            Setting.HF_HOME,
            Setting.DEVICE,
            Setting.PLUGINS_DIR,
            Setting.PLUGINS_TRUSTED_KEYS,
            Setting.PLUGIN_SETTING,
            Setting.LORA_CACHE_BYTES,
            Setting.CAPTION_CACHE_BYTES,
            Setting.DEBUG);

    private ModelOptions() {}

    /** Adds the options to a command. */
    static void addTo(CommandSpec spec) {
        spec.addOption(ServeCommand.demoOption());
        SETTINGS.forEach(setting -> spec.addOption(ServeCommand.option(setting)));
    }

    /** Loads the plugins and chooses the device; models are loaded when they are needed. Blocks. */
    static ImageGenerator open(ParseResult parsed) {
        Machine machine = Machine.ofProcess(ServeCommand.isDemo(parsed));
        Map<Setting, Value> values = new SettingSources(
                        ServeCommand.options(parsed), System.getenv(), DotEnv.read(Path.of(".env")), machine)
                .resolve();
        GatewayConfig config = GatewayConfig.of(values, machine);
        config.log().forCommand().apply();
        RuntimeTelemetry.turnOff();
        GatewayConfig.Models models = config.models();
        Path unpacked = temporaryFolder();
        PluginRegistry plugins = PluginRegistry.load(new PluginRegistry.Settings(
                models.plugins().folder(),
                unpacked,
                models.plugins().startTimeout(),
                models.plugins().trusted()));
        Devices devices = Devices.choose(config.drawing().device(), Devices.installedProbe());
        return new LocalGenerator(
                plugins,
                new CheckpointStore(models.checkpoints(), models.modelCache().orElse(null), models.hubCaches()),
                new LocalGenerator.Environment(
                        devices.devices().get(0), config.drawing().caches(), models.pluginSettings()));
    }

    // A folder of this process alone: a server on DATA_DIR keeps its own unpacked plugins and their lock.
    private static Path temporaryFolder() {
        try {
            Path folder = Files.createTempDirectory("atelier-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder)));
            return folder;
        } catch (IOException e) {
            throw new ConfigException("no temporary folder can be created: " + e.getMessage()
                    + "; set another one with ATELIER_JAVA_OPTS=-Djava.io.tmpdir=FOLDER");
        }
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // the system clears its temporary folder
        }
    }
}
