package dev.atelier.zimage.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.zimage.Golden;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

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

    private static SessionSettings settings(int threads) {
        return new SessionSettings(Device.CPU, threads, DataType.FLOAT, false);
    }
}
