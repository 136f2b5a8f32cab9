package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GeneratedImage;
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
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Draws the golden requests and compares settings and pictures with the real pipeline's. */
class GoldenPipelineTest {
    private static final ProgressListener SILENT = new ProgressListener() {
        @Override
        public void onStage(Stage stage) {}

        @Override
        public void onStep(int step, int steps, Supplier<RgbImage> preview) {}
    };

    private static TextToImagePipeline pipeline;

    @BeforeAll
    static void open() {
        pipeline = new ZImagePlugin().open(new DemoContext());
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    @ParameterizedTest
    @MethodSource("images")
    void drawsTheRealPipelinesPicture(Golden.Image image) throws IOException {
        EffectiveSettings effective = pipeline.resolve(plan(image));
        checkSettings(image.expected(), effective);
        GeneratedImage drawn = pipeline.generate(effective, adapters(image), SILENT, Cancellation.NEVER);
        checkPicture(image.picture(), drawn.image());
    }

    private static void checkSettings(JsonNode expected, EffectiveSettings effective) {
        assertEquals(expected.get("width").asInt(), effective.size().width());
        assertEquals(expected.get("height").asInt(), effective.size().height());
        assertEquals(expected.get("guidance").asDouble(), effective.guidanceScale());
        assertEquals(expected.get("evaluations").asInt(), effective.evaluations());
        List<Float> sigmas = new ArrayList<>();
        expected.get("sigmas").forEach(sigma -> sigmas.add((float) sigma.asDouble()));
        assertEquals(sigmas, effective.sigmas());
    }

    private static void checkPicture(Path file, RgbImage drawn) throws IOException {
        BufferedImage expected = ImageIO.read(file.toFile());
        assertEquals(expected.getWidth(), drawn.size().width());
        assertEquals(expected.getHeight(), drawn.size().height());
        long sum = 0;
        int worst = 0;
        byte[] pixels = drawn.pixels();
        for (int i = 0; i < pixels.length; i++) {
            int rgb = expected.getRGB(i / 3 % expected.getWidth(), i / 3 / expected.getWidth());
            int difference = Math.abs((rgb >> (16 - 8 * (i % 3)) & 0xff) - (pixels[i] & 0xff));
            sum += difference;
            worst = Math.max(worst, difference);
        }
        double mean = sum / (double) pixels.length;
        assertTrue(mean <= 0.001, "mean absolute difference " + mean);
        assertTrue(worst <= 1, "worst difference " + worst);
    }

    private static GenerationPlan plan(Golden.Image image) {
        JsonNode request = image.of().request();
        JsonNode prompt = request.get("prompts").get(image.index());
        JsonNode expected = image.expected();
        return new GenerationPlan(
                expected.get("prompt").asText(),
                expected.get("neg").asText(),
                new ImageSize(
                        prompt.path("width").asInt(1024), prompt.path("height").asInt(1024)),
                "Default",
                prompt.path("sample_steps").asInt(8),
                prompt.path("guidance_scale").asDouble(1.0),
                prompt.path("seed").asLong(42 + image.index()),
                Profile.ofId(request.path("profile").asText("reference")).orElseThrow());
    }

    private static List<AdapterFile> adapters(Golden.Image image) {
        List<AdapterFile> files = new ArrayList<>();
        for (JsonNode lora : image.of().request().get("loras")) {
            Path file = Golden.DEMO.resolve("loras").resolve(lora.get("path").asText());
            double multiplier = lora.path("network_multiplier").asDouble(1);
            files.add(new AdapterFile(lora.get("path").asText(), file, "0".repeat(64), multiplier));
        }
        return files;
    }

    private static Stream<Golden.Image> images() {
        return Golden.images().stream()
                .filter(image -> image.of().request().get("model").asText().equals("zimage_turbo"))
                .filter(image -> !image.of().name().startsWith("lora-")
                        || image.of().name().startsWith("lora-multiplier-"));
    }
}
