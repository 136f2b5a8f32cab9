package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePipeline;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one image's adapters leave for the next: nothing. */
class AdapterSequenceTest {
    private static final List<String> ALL = List.of("dora", "lokr-full", "diff", "peft", "fused-qkv", "lokr-factored");

    private static TextToImagePipeline pipeline;

    @BeforeAll
    static void open() {
        pipeline = new ZImagePlugin().open(new DemoContext());
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    @Test
    void thePictureWithoutAdaptersIsTheSameBitForBitAfterAnySequence() {
        byte[] base = draw(List.of());
        for (String name : ALL) {
            assertFalse(Arrays.equals(base, draw(List.of(golden(name, 1)))), name);
        }
        draw(ALL.stream().map(name -> golden(name, -0.3)).toList());
        AdapterFile missing = new AdapterFile("gone", Path.of("gone.safetensors"), "0".repeat(64), 1);
        assertThrows(PipelineException.class, () -> draw(List.of(missing)));
        assertArrayEquals(base, draw(List.of()));
        assertArrayEquals(base, draw(ALL.stream().map(name -> golden(name, 0)).toList()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dora", "lokr-full", "diff", "peft", "lokr-factored"})
    void aStackInWhichTheOthersAreOffEqualsOneAloneBitForBit(String name) {
        byte[] alone = draw(List.of(golden(name, 0.8)));
        List<AdapterFile> stack = Stream.concat(
                        ALL.stream().filter(other -> !other.equals(name)).map(other -> golden(other, 0)),
                        Stream.of(golden(name, 0.8), golden("every-target", 0)))
                .toList();
        assertArrayEquals(alone, draw(stack));
    }

    @Test
    void eachAdapterOfAStackIsReportedInItsOrderAlsoWhenItIsOff() {
        GeneratedImage drawn = generate(List.of(golden("dora", 0.5), golden("lokr-full", 0)));
        assertEquals(
                List.of("dora 0.5 42 ai-toolkit lora (dora)", "lokr-full 0.0 42 ai-toolkit lokr"),
                drawn.adapters().stream()
                        .map(report -> report.name() + " " + report.multiplier() + " " + report.modules() + " "
                                + report.form())
                        .toList());
    }

    @Test
    void anAdapterWithOtherContentThanRecordedIsRefused() {
        AdapterFile recorded = golden("diff", 1);
        AdapterFile other = new AdapterFile("other", recorded.file(), "0".repeat(64), 1);
        assertEquals(
                ErrorCode.LORA_CHANGED,
                assertThrows(PipelineException.class, () -> draw(List.of(other)))
                        .code());
    }

    private static AdapterFile golden(String name, double multiplier) {
        return AdapterFiles.of(name, Golden.ROOT.resolve("loras/" + name + ".safetensors"), multiplier);
    }

    private static byte[] draw(List<AdapterFile> adapters) {
        return generate(adapters).image().pixels();
    }

    private static GeneratedImage generate(List<AdapterFile> adapters) {
        EffectiveSettings effective = pipeline.resolve(new GenerationPlan(
                "a photo of a person", "", new ImageSize(64, 64), "Default", 2, 0, 42, Profile.REFERENCE));
        return pipeline.generate(effective, adapters, GoldenRequests.SILENT, Cancellation.NEVER);
    }
}
