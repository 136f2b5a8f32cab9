package dev.atelier.zimage.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.zimage.DemoContext;
import dev.atelier.zimage.FamilyMember;
import dev.atelier.zimage.Golden;
import dev.atelier.zimage.ZImagePlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions are opened once for all that need the same, and closed by the last. */
class SharedSessionTest {
    private static final Path TEXT_ENCODER = Golden.DEMO.resolve("text_encoder");
    private static final long[] TOKENS = {1, 2, 3};

    @Test
    void isOpenOnceForTwoModelsAndUntilTheLastLeaves() {
        int before = SharedSession.open();
        Sessions first = new Sessions(settings(1));
        Sessions second = new Sessions(settings(1));
        first.textEncoder(TEXT_ENCODER);
        TextEncoder encoder = second.textEncoder(TEXT_ENCODER);
        assertEquals(before + 1, SharedSession.open());
        first.close();
        assertEquals(3 * 128, encoder.encode(TOKENS, Cancellation.NEVER).length);
        second.close();
        assertEquals(before, SharedSession.open());
    }

    @Test
    void isNotSharedBetweenSettings() {
        int before = SharedSession.open();
        try (Sessions first = new Sessions(settings(1));
                Sessions second = new Sessions(settings(2))) {
            first.textEncoder(TEXT_ENCODER);
            second.textEncoder(TEXT_ENCODER);
            assertEquals(before + 2, SharedSession.open());
        }
        assertEquals(before, SharedSession.open());
    }

    @Test
    void isSharedByCopiesOfTheSameWeights(@TempDir Path folder) throws IOException {
        Path copy = copy(folder);
        int before = SharedSession.open();
        try (Sessions first = new Sessions(settings(1));
                Sessions second = new Sessions(settings(1))) {
            first.textEncoder(TEXT_ENCODER);
            second.textEncoder(copy);
            assertEquals(before + 1, SharedSession.open());
        }
        assertEquals(before, SharedSession.open());
    }

    @Test
    void isNotSharedByWeightsThatDifferInOneByte(@TempDir Path folder) throws IOException {
        Path copy = copy(folder);
        Path weights = copy.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        int before = SharedSession.open();
        try (Sessions first = new Sessions(settings(1));
                Sessions second = new Sessions(settings(1))) {
            first.textEncoder(TEXT_ENCODER);
            second.textEncoder(copy);
            assertEquals(before + 2, SharedSession.open());
        }
    }

    @Test
    void filesThatAreGoneSinceTheyWereOpenedDoNotKeepOthersFromOpening(@TempDir Path folder) throws IOException {
        Path copy = copy(folder);
        int before = SharedSession.open();
        try (Sessions first = new Sessions(settings(1));
                Sessions second = new Sessions(settings(1))) {
            first.textEncoder(copy);
            Files.delete(copy.resolve("model.safetensors"));
            second.textEncoder(TEXT_ENCODER);
            assertEquals(before + 2, SharedSession.open());
        }
    }

    /** Turbo and De-Turbo differ in the transformer, which two sessions of four hold. */
    @Test
    void isSharedByAFamilyExceptForWhatDiffers() {
        int before = SharedSession.open();
        Path other = Golden.ROOT.resolve("deturbo-transformer/transformer");
        try (TextToImagePipeline turbo = new ZImagePlugin().open(new DemoContext());
                TextToImagePipeline base = new FamilyMember("zimage").open(new DemoContext());
                TextToImagePipeline deturbo =
                        new FamilyMember("zimage_deturbo").open(new DemoContext().with(Map.of("transformer", other)))) {
            assertEquals(before + 4 + 2, SharedSession.open());
            assertTrue(turbo.residentBytes() > 0 && base.residentBytes() > 0 && deturbo.residentBytes() > 0);
        }
        assertEquals(before, SharedSession.open());
    }

    private static Path copy(Path folder) throws IOException {
        Path copy = Files.createDirectories(folder.resolve("text_encoder"));
        try (Stream<Path> files = Files.list(TEXT_ENCODER)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private static SessionSettings settings(int threads) {
        return new SessionSettings(Device.CPU, threads, DataType.FLOAT, false);
    }
}
