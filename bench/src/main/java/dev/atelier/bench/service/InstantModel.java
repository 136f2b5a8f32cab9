package dev.atelier.bench.service;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.plugin.TextToImagePlugin;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A model whose pictures cost nothing, so that what is measured is everything else. */
public final class InstantModel implements TextToImagePlugin {
    static final String ID = "instant";

    private static final ImageSize SIZE = new ImageSize(64, 64);

    @Override
    public PipelineDescriptor descriptor() {
        return new PipelineDescriptor(
                ID,
                "One grey picture",
                "atelier/instant",
                new GenerationDefaults(SIZE, 1, 1, 42),
                32,
                1,
                false,
                Set.of(Profile.values()),
                List.of("Default"),
                Map.of());
    }

    @Override
    public AdapterReport inspect(Path file) {
        throw new PipelineException(ErrorCode.LORA_NOT_APPLIED, "this model takes no LoRA");
    }

    @Override
    public TextToImagePipeline open(PluginContext context) {
        return new Pipeline();
    }

    private static final class Pipeline implements TextToImagePipeline {
        @Override
        public EffectiveSettings resolve(GenerationPlan plan) {
            return new EffectiveSettings(plan, SIZE, plan.guidanceScale(), List.of(1f, 0f), 1);
        }

        @Override
        public GeneratedImage generate(
                EffectiveSettings effective,
                List<AdapterFile> adapters,
                ProgressListener listener,
                Cancellation cancellation) {
            byte[] grey = new byte[SIZE.width() * SIZE.height() * 3];
            return new GeneratedImage(new RgbImage(SIZE, grey), Map.of(), List.of());
        }

        @Override
        public long residentBytes() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
