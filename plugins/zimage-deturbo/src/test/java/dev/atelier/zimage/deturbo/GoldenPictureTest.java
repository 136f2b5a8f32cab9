package dev.atelier.zimage.deturbo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Draws the golden request with this plugin's own defaults and compares the picture with the real pipeline's. */
class GoldenPictureTest {
    private static final Path CASE = FamilyDemo.GOLDEN.resolve("deturbo-base");

    @Test
    void drawsTheRealPipelinesPicture() throws IOException {
        ZImageDeTurboPlugin plugin = new ZImageDeTurboPlugin();
        JsonNode expected = read("expected.json").get("images").get(0);
        try (TextToImagePipeline pipeline = plugin.open(FamilyDemo.context())) {
            EffectiveSettings effective =
                    pipeline.resolve(plan(expected, plugin.descriptor().defaults()));
            List<Float> sigmas = new ArrayList<>();
            expected.get("sigmas").forEach(sigma -> sigmas.add((float) sigma.asDouble()));
            assertEquals(sigmas, effective.sigmas());
            assertEquals(expected.get("evaluations").asInt(), effective.evaluations());
            RgbImage drawn = pipeline.generate(effective, List.of(FamilyDemo.lora(0)), SILENT, Cancellation.NEVER)
                    .image();
            assertSamePicture(ImageIO.read(CASE.resolve("image_0.png").toFile()), drawn);
        }
    }

    private static GenerationPlan plan(JsonNode expected, GenerationDefaults defaults) throws IOException {
        JsonNode prompt = read("request.json").get("prompts").get(0);
        return new GenerationPlan(
                expected.get("prompt").asText(),
                expected.get("neg").asText(),
                new ImageSize(prompt.get("width").asInt(), prompt.get("height").asInt()),
                "Default",
                prompt.path("sample_steps").asInt(defaults.steps()),
                prompt.path("guidance_scale").asDouble(defaults.guidanceScale()),
                prompt.get("seed").asLong(),
                Profile.REFERENCE);
    }

    private static JsonNode read(String name) throws IOException {
        return new ObjectMapper().readTree(CASE.resolve(name).toFile());
    }

    private static void assertSamePicture(BufferedImage expected, RgbImage drawn) {
        assertEquals(new ImageSize(expected.getWidth(), expected.getHeight()), drawn.size());
        long sum = 0;
        int worst = 0;
        byte[] pixels = drawn.pixels();
        for (int i = 0; i < pixels.length; i++) {
            int rgb = expected.getRGB(i / 3 % expected.getWidth(), i / 3 / expected.getWidth());
            int difference = Math.abs((rgb >> (16 - 8 * (i % 3)) & 0xff) - (pixels[i] & 0xff));
            sum += difference;
            worst = Math.max(worst, difference);
        }
        assertTrue(sum / (double) pixels.length <= 0.01, "mean absolute difference " + sum / (double) pixels.length);
        assertTrue(worst <= 2, "worst difference " + worst);
    }

    private static final ProgressListener SILENT = new ProgressListener() {
        @Override
        public void onStage(Stage stage) {}

        @Override
        public void onStep(int step, int steps, Supplier<RgbImage> preview) {}
    };
}
