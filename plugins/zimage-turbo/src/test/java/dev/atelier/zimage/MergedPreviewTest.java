package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The preview profile with adapters merged into the weights, which float32 does only when it is told to. */
class MergedPreviewTest {
    private static final AdapterFile PLAIN = golden("peft", 0.8);
    private static final AdapterFile NORMED = golden("dora", 1);

    private static TextToImagePipeline merging;
    private static TextToImagePipeline adapting;

    @BeforeAll
    static void open() {
        merging = new ZImagePlugin()
                .open(new DemoContext(Golden.DEMO, Map.of("threads", "2", "preview-merge", "always")));
        adapting = new ZImagePlugin().open(new DemoContext());
    }

    @AfterAll
    static void close() {
        merging.close();
        adapting.close();
    }

    @Test
    void aMergedAdapterDrawsWhatItDrawsAsAnAdapter() {
        for (List<AdapterFile> stack : List.of(
                List.of(PLAIN),
                List.of(golden("diff", 1)),
                List.of(golden("lokr-full", -0.5), PLAIN),
                List.of(golden("norms", 0.5), golden("loha", -1)))) {
            close(draw(adapting, Profile.AI_TOOLKIT_PREVIEW, stack), draw(merging, Profile.AI_TOOLKIT_PREVIEW, stack));
        }
    }

    @Test
    void doraStaysAnAdapterBesideWhatIsMerged() {
        List<AdapterFile> stack = List.of(NORMED, golden("diff", 0.5));
        byte[] merged = draw(merging, Profile.AI_TOOLKIT_PREVIEW, stack);
        close(draw(adapting, Profile.AI_TOOLKIT_PREVIEW, stack), merged);
        assertFalse(Arrays.equals(merged, draw(merging, Profile.AI_TOOLKIT_PREVIEW, List.of(golden("diff", 0.5)))));
    }

    @Test
    void whatWasMergedIsGoneForTheNextPicture() {
        byte[] base = draw(merging, Profile.REFERENCE, List.of());
        byte[] adapted = draw(merging, Profile.REFERENCE, List.of(PLAIN));
        draw(merging, Profile.AI_TOOLKIT_PREVIEW, List.of(PLAIN));
        assertArrayEquals(base, draw(merging, Profile.REFERENCE, List.of()));
        draw(merging, Profile.AI_TOOLKIT_PREVIEW, List.of(golden("diff", 1)));
        assertArrayEquals(adapted, draw(merging, Profile.REFERENCE, List.of(PLAIN)));
        assertArrayEquals(
                draw(merging, Profile.AI_TOOLKIT_PREVIEW, List.of()),
                draw(merging, Profile.AI_TOOLKIT_PREVIEW, List.of(golden("diff", 0))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"norms", "loha", "fp8-e4m3", "double-underscore"})
    void anAdapterThatIsOffChangesNoByte(String name) {
        byte[] base = draw(adapting, Profile.REFERENCE, List.of());
        assertArrayEquals(base, draw(adapting, Profile.REFERENCE, List.of(golden(name, 0))));
        assertFalse(Arrays.equals(base, draw(adapting, Profile.REFERENCE, List.of(golden(name, 1)))));
    }

    @Test
    void oneMergedModelIsOpenAtATimeAndLeavesNoFile() throws IOException {
        long before = merged();
        draw(merging, Profile.REFERENCE, List.of());
        draw(merging, Profile.AI_TOOLKIT_PREVIEW, List.of(PLAIN));
        long one = merging.residentBytes();
        draw(merging, Profile.AI_TOOLKIT_PREVIEW, List.of(golden("peft", 0.7)));
        assertEquals(one, merging.residentBytes(), one / 10.0);
        try (TextToImagePipeline other =
                new ZImagePlugin().open(new DemoContext(Golden.DEMO, Map.of("preview-merge", "always")))) {
            draw(other, Profile.AI_TOOLKIT_PREVIEW, List.of(PLAIN));
            assertTrue(merging.residentBytes() < one, "another model's merge replaces it");
        }
        assertEquals(before, merged());
    }

    @Test
    void aCancelledMergeLeavesNothingBehind() throws IOException {
        long before = merged();
        EffectiveSettings effective = merging.resolve(plan(Profile.AI_TOOLKIT_PREVIEW));
        Cancellation second = new Cancellation() {
            private int asked;

            @Override
            public boolean isCancelled() {
                return ++asked > 3;
            }

            @Override
            public Registration onCancel(Runnable action) {
                return () -> {};
            }
        };
        List<AdapterFile> stack = List.of(golden("peft", 0.33));
        draw(merging, Profile.REFERENCE, stack); // so that it is in memory and only the merge can be cancelled
        assertThrows(
                CancellationException.class, () -> merging.generate(effective, stack, GoldenRequests.SILENT, second));
        assertEquals(before, merged());
        close(draw(adapting, Profile.AI_TOOLKIT_PREVIEW, stack), draw(merging, Profile.AI_TOOLKIT_PREVIEW, stack));
    }

    private static long merged() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("atelier-merged-"))
                    .count();
        }
    }

    private static void close(byte[] expected, byte[] actual) {
        int worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs((expected[i] & 0xff) - (actual[i] & 0xff)));
        }
        assertTrue(worst <= 1, "worst difference " + worst);
    }

    private static AdapterFile golden(String name, double multiplier) {
        return AdapterFiles.of(name, Golden.ROOT.resolve("loras/" + name + ".safetensors"), multiplier);
    }

    private static byte[] draw(TextToImagePipeline pipeline, Profile profile, List<AdapterFile> adapters) {
        EffectiveSettings effective = pipeline.resolve(plan(profile));
        return pipeline.generate(effective, adapters, GoldenRequests.SILENT, Cancellation.NEVER)
                .image()
                .pixels();
    }

    private static GenerationPlan plan(Profile profile) {
        return new GenerationPlan("a photo of a person", "", new ImageSize(64, 64), "Default", 2, 1, 42, profile);
    }
}
