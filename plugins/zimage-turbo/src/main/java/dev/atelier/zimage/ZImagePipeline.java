package dev.atelier.zimage;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.zimage.image.FiniteNumbers;
import dev.atelier.zimage.image.Pixels;
import dev.atelier.zimage.model.AdapterTensors;
import dev.atelier.zimage.model.CaptionRefiner;
import dev.atelier.zimage.model.Sessions;
import dev.atelier.zimage.model.Transformer;
import dev.atelier.zimage.random.TorchGenerator;
import dev.atelier.zimage.schedule.Schedule;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Draws with one opened checkpoint: encode, noise, steps, decode. */
final class ZImagePipeline implements TextToImagePipeline {
    /** The longest side of a preview, in latents. */
    private static final int PREVIEW_SIDE = 32;

    private final ZImageModel model;

    private ZImagePipeline(ZImageModel model) {
        this.model = model;
    }

    /** Opens a model of the family; see {@link ZImageModel#open}. */
    static ZImagePipeline open(PipelineDescriptor descriptor, OptionalDouble staticShift, PluginContext context) {
        return new ZImagePipeline(ZImageModel.open(descriptor, staticShift, context));
    }

    @Override
    public EffectiveSettings resolve(GenerationPlan plan) {
        return model.resolver().resolve(plan);
    }

    @Override
    public GeneratedImage generate(
            EffectiveSettings effective,
            List<AdapterFile> adapters,
            ProgressListener listener,
            Cancellation cancellation) {
        try {
            return draw(effective, adapters, listener, cancellation);
        } catch (PipelineException e) {
            if (e.code() != ErrorCode.INSUFFICIENT_GPU_MEMORY || !model.closeUnused()) {
                throw e;
            }
            return draw(effective, adapters, listener, cancellation);
        }
    }

    private GeneratedImage draw(
            EffectiveSettings effective,
            List<AdapterFile> adapters,
            ProgressListener listener,
            Cancellation cancellation) {
        StageClock clock = new StageClock(listener, cancellation);
        boolean merge = model.merges(effective.plan().profile());
        try (Adapted adapted = clock.time(Stage.LOAD_ADAPTERS, () -> adapt(adapters, merge, cancellation))) {
            Captions captions = clock.time(Stage.TEXT_ENCODE, () -> captions(effective, adapted, cancellation));
            Latents latents =
                    clock.time(Stage.DENOISE, () -> denoise(effective, captions, adapted, listener, cancellation));
            RgbImage image = clock.time(Stage.VAE_DECODE, () -> decode(latents, cancellation));
            return new GeneratedImage(image, clock.seconds(), adapted.adapters().reports());
        }
    }

    @Override
    public long residentBytes() {
        return model.residentBytes();
    }

    @Override
    public void close() {
        model.close();
    }

    /** The sessions of an image and the adapters that they are fed. */
    private record Adapted(AdapterLoader.Prepared adapters, Sessions.Denoising sessions) implements AutoCloseable {
        AdapterTensors tensors() {
            return adapters.tensors();
        }

        @Override
        public void close() {
            adapters.close();
        }
    }

    private Adapted adapt(List<AdapterFile> files, boolean merge, Cancellation cancellation) {
        AdapterLoader.Prepared prepared = model.adapters().prepare(files, merge, cancellation);
        try {
            return new Adapted(prepared, model.denoising(prepared, cancellation));
        } catch (RuntimeException | Error e) {
            prepared.close();
            throw e;
        }
    }

    private record Captions(CaptionRefiner.Context positive, CaptionRefiner.@Nullable Context negative) {}

    private Captions captions(EffectiveSettings effective, Adapted adapted, Cancellation cancellation) {
        GenerationPlan plan = effective.plan();
        return new Captions(
                context(plan.prompt(), adapted, cancellation),
                effective.guidanceScale() > 0 ? context(plan.negativePrompt(), adapted, cancellation) : null);
    }

    private CaptionRefiner.Context context(String prompt, Adapted adapted, Cancellation cancellation) {
        float[] features = model.captions().features(prompt, cancellation);
        return adapted.sessions().refiner().refine(features, adapted.tensors(), cancellation);
    }

    private Latents denoise(
            EffectiveSettings effective,
            Captions captions,
            Adapted adapted,
            ProgressListener listener,
            Cancellation cancellation) {
        int height = effective.size().height() / model.vaeConfig().scale();
        int width = effective.size().width() / model.vaeConfig().scale();
        Schedule schedule = model.schedule(effective);
        int channels = model.transformerConfig().inChannels();
        float[] values = new TorchGenerator(effective.plan().seed()).randn(channels * height * width);
        Transformer transformer = adapted.sessions().transformer();
        CaptionRefiner.Context unwanted = captions.negative();
        try (Transformer.Sequence positive =
                        transformer.sequence(captions.positive(), height, width, adapted.tensors());
                Transformer.Sequence negative =
                        unwanted == null ? null : transformer.sequence(unwanted, height, width, adapted.tensors())) {
            new Denoiser(positive, negative, effective, schedule)
                    .run(
                            values,
                            (step, image) -> listener.onStep(
                                    step,
                                    schedule.drawnSteps(),
                                    () -> preview(new Latents(image.get(), channels, height, width), cancellation)),
                            cancellation);
        }
        FiniteNumbers.require("latents", values);
        return new Latents(values, channels, height, width);
    }

    private RgbImage decode(Latents latents, Cancellation cancellation) {
        float[] decoded = model.vae().decode(latents.values(), latents.height(), latents.width(), cancellation);
        int scale = model.vaeConfig().scale();
        return Pixels.toImage(
                FloatBuffer.wrap(decoded), new ImageSize(latents.width() * scale, latents.height() * scale));
    }

    private RgbImage preview(Latents latents, Cancellation cancellation) {
        return decode(latents.shrunkTo(PREVIEW_SIDE), cancellation);
    }
}
