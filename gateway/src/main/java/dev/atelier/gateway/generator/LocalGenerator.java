package dev.atelier.gateway.generator;

import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.registry.HeldModel;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.PluginMetrics;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Generates images in this process, with the plugins and checkpoints of {@code serve}, but without its queue, database
 * and ports. Loads a model when its first image is requested and keeps it. Used by one thread.
 */
public final class LocalGenerator implements ImageGenerator {
    private final PluginRegistry plugins;
    private final ModelCatalog catalog;
    private final CheckpointStore checkpoints;
    private final Environment environment;
    private final Map<String, Loaded> loaded = new LinkedHashMap<>();
    private final Map<Path, String> hashes = new HashMap<>();

    /**
     * The device and the plugins' settings.
     *
     * @param device the device to generate on
     * @param caches bounds of what models keep in memory
     * @param pluginSettings settings by plugin id
     */
    public record Environment(Device device, CacheBudget caches, Map<String, Map<String, String>> pluginSettings) {}

    private record Loaded(HeldModel model, TextToImagePipeline pipeline) {}

    /** Creates a generator; {@link #close()} closes the plugins too. */
    public LocalGenerator(PluginRegistry plugins, CheckpointStore checkpoints, Environment environment) {
        this.plugins = plugins;
        this.checkpoints = checkpoints;
        this.environment = environment;
        this.catalog = new ModelCatalog(plugins, checkpoints);
    }

    @Override
    public String computeType() {
        return environment.device().kind() == Device.Kind.CPU ? "float32" : "bfloat16";
    }

    @Override
    public GenerationDefaults defaults(String modelId) {
        return catalog.find(modelId)
                .orElseThrow(() -> new PipelineException(
                        ErrorCode.MODEL_NOT_FOUND,
                        "No plugin declares the model '" + modelId + "'; known: "
                                + String.join(", ", catalog.servedIds())))
                .defaults();
    }

    @Override
    public EffectiveSettings resolve(ImageRequest request) {
        return pipeline(request.modelId()).resolve(request.plan());
    }

    @Override
    public Generated generate(ImageRequest request, BiConsumer<Integer, Integer> progress) {
        TextToImagePipeline pipeline = pipeline(request.modelId());
        EffectiveSettings effective = pipeline.resolve(request.plan());
        List<AdapterFile> adapters = request.adapters().stream()
                .map(adapter -> new AdapterFile(
                        String.valueOf(adapter.file().getFileName()),
                        adapter.file(),
                        sha256(adapter.file()),
                        adapter.multiplier()))
                .toList();
        RgbImage image = pipeline.generate(effective, adapters, new Steps(progress), Cancellation.NEVER)
                .image();
        return new Generated(image, effective);
    }

    private record Steps(BiConsumer<Integer, Integer> progress) implements ProgressListener {
        @Override
        public void onStage(Stage stage) {
            // only steps are shown
        }

        @Override
        public void onStep(int step, int steps, Supplier<RgbImage> preview) {
            progress.accept(step, steps);
        }
    }

    private TextToImagePipeline pipeline(String modelId) {
        Loaded known = loaded.get(modelId);
        return known == null ? load(modelId) : known.pipeline();
    }

    private TextToImagePipeline load(String modelId) {
        catalog.whyNotServable(modelId).ifPresent(reason -> {
            throw new PipelineException(ErrorCode.MODEL_NOT_AVAILABLE, reason);
        });
        HeldModel model = catalog.hold(modelId)
                .orElseThrow(() -> new PipelineException(
                        ErrorCode.MODEL_NOT_AVAILABLE, "No plugin declares the model '" + modelId + "'"));
        try {
            TextToImagePipeline pipeline = model.plugin().open(new Context(model));
            loaded.put(modelId, new Loaded(model, pipeline));
            return pipeline;
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** The context of a model that is loaded here. */
    private final class Context implements PluginContext {
        private final HeldModel model;

        private Context(HeldModel model) {
            this.model = model;
        }

        @Override
        public Device device() {
            return environment.device();
        }

        @Override
        public Path checkpoint(String component) {
            return checkpoints.folder(model.descriptor(), component);
        }

        @Override
        public CacheBudget cacheBudget() {
            return environment.caches();
        }

        @Override
        public Map<String, String> settings() {
            return environment.pluginSettings().getOrDefault(model.pluginId(), Map.of());
        }

        @Override
        public PluginMetrics metrics() {
            return counter -> {};
        }
    }

    private String sha256(Path file) {
        String known = hashes.get(file);
        if (known == null) {
            known = hash(file);
            hashes.put(file, known);
        }
        return known;
    }

    private static String hash(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new PipelineException(
                    ErrorCode.LORA_NOT_FOUND, "LoRA '" + file + "' cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        loaded.values().forEach(model -> {
            model.pipeline().close();
            model.model().close();
        });
        loaded.clear();
        plugins.close();
    }
}
