package dev.atelier.example;

import dev.atelier.plugin.*;
import java.nio.file.Path;
import java.util.*;
import java.util.concurrent.CancellationException;
import org.pf4j.Extension;

/** A model that needs no weights: waves that follow from prompt and seed, one more with each step. */
@Extension
public final class ExamplePlugin implements TextToImagePlugin {
    private static final PipelineDescriptor MODEL = new PipelineDescriptor(
            "example",
            "Waves from prompt and seed",
            "example/waves",
            new GenerationDefaults(new ImageSize(512, 512), 4, 1.0, 42),
            8,
            0,
            false,
            Set.of(Profile.REFERENCE),
            List.of("Default"),
            Map.of());

    @Override
    public PipelineDescriptor descriptor() {
        return MODEL;
    }

    @Override
    public AdapterReport inspect(Path file) {
        throw new PipelineException(ErrorCode.LORA_INVALID, "The model takes no LoRA");
    }

    @Override
    public TextToImagePipeline open(PluginContext context) {
        return new Waves();
    }

    private static final class Waves implements TextToImagePipeline {
        @Override
        public EffectiveSettings resolve(GenerationPlan plan) {
            return new EffectiveSettings(plan, plan.requestedSize().floorTo(8), 1, List.of(), plan.steps());
        }

        @Override
        public GeneratedImage generate(
                EffectiveSettings effective, List<AdapterFile> adapters, ProgressListener hears, Cancellation stop) {
            long start = System.nanoTime();
            GenerationPlan plan = effective.plan();
            SplittableRandom random =
                    new SplittableRandom(plan.seed() * 31 + plan.prompt().hashCode());
            int width = effective.size().width();
            byte[] pixels = new byte[3 * width * effective.size().height()];
            hears.onStage(Stage.DENOISE);
            for (int step = 1; step <= plan.steps(); step++) {
                if (stop.isCancelled()) {
                    throw new CancellationException();
                }
                double x = random.nextDouble(0.2), y = random.nextDouble(0.2);
                for (int i = random.nextInt(3); i < pixels.length; i += 3) {
                    int column = i / 3 % width, row = i / 3 / width;
                    pixels[i] += (byte) (60 * Math.sin(x * column + y * row));
                }
                hears.onStep(step, plan.steps(), () -> new RgbImage(effective.size(), pixels.clone()));
            }
            Map<Stage, Double> seconds = Map.of(Stage.DENOISE, (System.nanoTime() - start) / 1e9);
            return new GeneratedImage(new RgbImage(effective.size(), pixels), seconds, List.of());
        }

        @Override
        public long residentBytes() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
