package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.synthetic.Presets;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Draws the golden requests and compares settings and pictures with the real pipeline's. */
class GoldenPipelineTest {
    private static final double MEAN_BOUND = 0.01;
    private static final int WORST_BOUND = 2;

    @TempDir
    private static Path folder;

    private static TextToImagePipeline demo;
    private static TextToImagePipeline tiny;

    @BeforeAll
    static void open() throws IOException {
        demo = new ZImagePlugin().open(new DemoContext());
        Presets.tiny(7).writeTo(folder, Golden.DEMO.resolve("tokenizer"));
        tiny = new ZImagePlugin().open(new DemoContext(folder, Map.of()));
    }

    @AfterAll
    static void close() {
        demo.close();
        tiny.close();
    }

    @ParameterizedTest
    @MethodSource("images")
    void drawsTheRealPipelinesPicture(Golden.Image image) throws IOException {
        draw(demo, image);
    }

    @ParameterizedTest
    @MethodSource("tinyImages")
    void drawsTheRealPipelinesPictureWithAnotherCheckpoint(Golden.Image image) throws IOException {
        draw(tiny, image);
    }

    private static void draw(TextToImagePipeline pipeline, Golden.Image image) throws IOException {
        EffectiveSettings effective = pipeline.resolve(GoldenRequests.plan(image));
        checkSettings(image.expected(), effective);
        checkTokens(image, effective.details());
        GeneratedImage drawn =
                pipeline.generate(effective, GoldenRequests.adapters(image), GoldenRequests.SILENT, Cancellation.NEVER);
        checkPicture(image.picture(), drawn.image());
    }

    private static void checkSettings(JsonNode expected, EffectiveSettings effective) {
        assertEquals(expected.get("width").asInt(), effective.size().width());
        assertEquals(expected.get("height").asInt(), effective.size().height());
        assertEquals(expected.get("guidance").asDouble(), effective.guidanceScale());
        if (expected.has("evaluations")) {
            assertEquals(expected.get("evaluations").asInt(), effective.evaluations());
        }
        List<Float> sigmas = new ArrayList<>();
        expected.get("sigmas").forEach(sigma -> sigmas.add((float) sigma.asDouble()));
        assertEquals(sigmas, effective.sigmas());
    }

    private static void checkTokens(Golden.Image image, Map<String, Object> details) {
        if (!image.has("token_ids")) {
            return;
        }
        assertEquals(image.longs("token_ids").length, details.get(EffectiveSettings.PROMPT_TOKENS));
        assertEquals(
                image.has("negative_token_ids") ? image.longs("negative_token_ids").length : null,
                details.get(EffectiveSettings.NEGATIVE_PROMPT_TOKENS));
        assertEquals(image.of().name().equals("base-truncated-caption"), details.get(EffectiveSettings.TRUNCATED));
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
        assertTrue(mean <= MEAN_BOUND, "mean absolute difference " + mean);
        assertTrue(worst <= WORST_BOUND, "worst difference " + worst);
    }

    private static Stream<Golden.Image> images() {
        return GoldenRequests.images();
    }

    private static Stream<Golden.Image> tinyImages() {
        return GoldenRequests.ofTheTinyCheckpoint();
    }
}
