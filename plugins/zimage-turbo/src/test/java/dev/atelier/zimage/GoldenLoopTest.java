package dev.atelier.zimage;

import static dev.atelier.zimage.Accuracy.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.synthetic.Presets;
import dev.atelier.zimage.model.AdapterTensors;
import dev.atelier.zimage.model.CaptionRefiner;
import dev.atelier.zimage.model.Transformer;
import dev.atelier.zimage.random.TorchGenerator;
import dev.atelier.zimage.schedule.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the loop from noise to latents with the real pipeline's, adapters included. */
class GoldenLoopTest {
    private static final double BOUND = 2e-5;

    @TempDir
    private static Path folder;

    private static ZImageModel demo;
    private static ZImageModel tiny;

    @BeforeAll
    static void open() throws IOException {
        demo = open(new DemoContext());
        Presets.tiny(7).writeTo(folder, Golden.DEMO.resolve("tokenizer"));
        tiny = open(new DemoContext(folder, Map.of()));
    }

    @AfterAll
    static void close() {
        demo.close();
        tiny.close();
    }

    @ParameterizedTest
    @MethodSource("images")
    void followsTheRealPipelinesLatents(Golden.Image image) {
        follow(demo, image);
    }

    /** Sharded, stored as F16, F32 and BF16, with other dimensions everywhere and a dynamic shift. */
    @ParameterizedTest
    @MethodSource("tinyImages")
    void followsTheRealPipelineWithAnotherCheckpoint(Golden.Image image) {
        follow(tiny, image);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zimage", "zimage_deturbo"})
    void followsTheRealPipelineWithTheOthersOfTheFamily(String name) {
        PipelineDescriptor descriptor = new FamilyMember(name).descriptor();
        try (ZImageModel model = ZImageModel.open(descriptor, OptionalDouble.of(3.0), GoldenRequests.context(name))) {
            List<Golden.Image> images = GoldenRequests.of(name).toList();
            assertEquals(1, images.size());
            follow(model, images.get(0));
        }
    }

    private static ZImageModel open(DemoContext context) {
        return ZImageModel.open(new ZImagePlugin().descriptor(), OptionalDouble.empty(), context);
    }

    private static void follow(ZImageModel model, Golden.Image image) {
        EffectiveSettings effective = model.resolver().resolve(GoldenRequests.plan(image));
        try (AdapterLoader.Prepared prepared =
                model.adapters().prepare(GoldenRequests.adapters(image), false, Cancellation.NEVER)) {
            follow(model, image, effective, prepared.tensors());
        }
    }

    private static void follow(
            ZImageModel model, Golden.Image image, EffectiveSettings effective, AdapterTensors adapters) {
        try (Transformer.Sequence positive =
                        sequence(model, image, effective.plan().prompt(), adapters);
                Transformer.Sequence negative = effective.guidanceScale() > 0
                        ? sequence(model, image, effective.plan().negativePrompt(), adapters)
                        : null) {
            Map<Integer, float[]> before = run(model.schedule(effective), image, effective, positive, negative);
            Schedule schedule = model.schedule(effective);
            before.forEach((step, latents) -> {
                float time = schedule.modelTime(Math.min(step, schedule.steps() - 1));
                compare(image, "step." + step + ".positive", positive.velocity(latents, time, Cancellation.NEVER));
                if (negative != null) {
                    compare(image, "step." + step + ".negative", negative.velocity(latents, time, Cancellation.NEVER));
                }
                compare(image, "step." + (step - 1) + ".latents", latents);
            });
        }
    }

    /** Returns the latents before each step and, as the step after the last, at the end. */
    private static Map<Integer, float[]> run(
            Schedule schedule,
            Golden.Image image,
            EffectiveSettings effective,
            Transformer.Sequence positive,
            Transformer.Sequence negative) {
        float[] latents = new TorchGenerator(effective.plan().seed()).randn(image.floats("initial_latents").length);
        Map<Integer, float[]> before = new HashMap<>(Map.of(0, latents.clone()));
        new Denoiser(positive, negative, effective, schedule)
                .run(latents, (step, preview) -> before.put(step, latents.clone()), Cancellation.NEVER);
        return before;
    }

    private static Transformer.Sequence sequence(
            ZImageModel model, Golden.Image image, String prompt, AdapterTensors adapters) {
        float[] features = model.captions().features(prompt, Cancellation.NEVER);
        CaptionRefiner.Context context =
                model.denoising(adapters.forms()).refiner().refine(features, adapters, Cancellation.NEVER);
        long[] shape = image.shape("initial_latents");
        return model.denoising(adapters.forms())
                .transformer()
                .sequence(context, (int) shape[2], (int) shape[3], adapters);
    }

    /** Only the first and the last step are recorded of most images. */
    private static void compare(Golden.Image image, String tensor, float[] actual) {
        if (image.has(tensor)) {
            assertClose(tensor, image.floats(tensor), actual, BOUND);
        }
    }

    private static Stream<Golden.Image> images() {
        return GoldenRequests.images();
    }

    private static Stream<Golden.Image> tinyImages() {
        return GoldenRequests.ofTheTinyCheckpoint();
    }
}
