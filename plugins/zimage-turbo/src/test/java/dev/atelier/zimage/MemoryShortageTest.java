package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A picture that runs out of memory is drawn again once the model's own sessions that it does not need are closed. */
class MemoryShortageTest {
    private static final AdapterFile NORMED = golden("dora");
    private static final AdapterFile PLAIN = golden("peft");

    private TextToImagePipeline pipeline;

    /** Fails a number of first steps as a full device does. */
    private static final class Shortage implements ProgressListener {
        private int left;

        Shortage(int times) {
            left = times;
        }

        @Override
        public void onStage(Stage stage) {}

        @Override
        public void onStep(int step, int steps, Supplier<RgbImage> preview) {
            if (left-- > 0) {
                throw new PipelineException(ErrorCode.INSUFFICIENT_GPU_MEMORY, "full");
            }
        }
    }

    @BeforeEach
    void open() {
        pipeline = new ZImagePlugin()
                .open(new DemoContext(Golden.DEMO, Map.of("threads", "2", "preview-merge", "always")));
    }

    @AfterEach
    void close() {
        pipeline.close();
    }

    @Test
    void thePictureIsDrawnAgainWithoutTheSessionsThatItDoesNotNeed() {
        byte[] expected = draw(Profile.REFERENCE, List.of(), 0);
        long one = pipeline.residentBytes();
        draw(Profile.REFERENCE, List.of(NORMED), 0);
        draw(Profile.AI_TOOLKIT_PREVIEW, List.of(PLAIN), 0);
        assertTrue(pipeline.residentBytes() > 2 * one);
        assertArrayEquals(expected, draw(Profile.REFERENCE, List.of(), 1));
        assertEquals(one, pipeline.residentBytes(), one / 4.0);
    }

    @Test
    void theSessionsInUseStayWhateverTheyAre() {
        for (AdapterFile adapter : List.of(NORMED, PLAIN)) {
            byte[] expected = draw(Profile.AI_TOOLKIT_PREVIEW, List.of(adapter), 0);
            draw(Profile.REFERENCE, List.of(), 0);
            assertArrayEquals(expected, draw(Profile.AI_TOOLKIT_PREVIEW, List.of(adapter), 1));
        }
    }

    @Test
    void itIsDrawnAgainOnceAndOnlyWhenSomethingWasClosed() {
        draw(Profile.REFERENCE, List.of(NORMED), 0);
        assertThrows(PipelineException.class, () -> draw(Profile.REFERENCE, List.of(), 2));
        assertThrows(PipelineException.class, () -> draw(Profile.REFERENCE, List.of(), 1));
        draw(Profile.REFERENCE, List.of(), 0);
    }

    private byte[] draw(Profile profile, List<AdapterFile> adapters, int shortages) {
        EffectiveSettings effective = pipeline.resolve(
                new GenerationPlan("a photo of a person", "", new ImageSize(64, 64), "Default", 2, 0, 42, profile));
        return pipeline.generate(effective, adapters, new Shortage(shortages), Cancellation.NEVER)
                .image()
                .pixels();
    }

    private static AdapterFile golden(String name) {
        return AdapterFiles.of(name, Golden.ROOT.resolve("loras/" + name + ".safetensors"), 1);
    }
}
