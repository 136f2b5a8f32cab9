package dev.atelier.zimage.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.RgbImage;
import dev.atelier.zimage.Golden;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PixelsTest {
    @Test
    void valuesAreClampedAndRoundedHalfToEven() {
        // 0 stands for 127.5, which rises to the even 128; the other stands for 0.5, which falls to the even 0.
        float half = 1 / 255f - 1;
        float[] decoded = {-1f, 1f, -7f, 9f, 0f, half};
        RgbImage image = Pixels.toImage(FloatBuffer.wrap(decoded), new ImageSize(2, 1));
        assertArrayEquals(new int[] {0, 0, 128, 255, 255, 0}, unsigned(image.pixels()));
    }

    @Test
    void planesBecomeRowsOfPixels() {
        ImageSize size = new ImageSize(3, 2);
        float[] decoded = new float[18];
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < 6; i++) {
                decoded[channel * 6 + i] = (channel * 10 + i) / 127.5f - 1;
            }
        }
        int[] pixels = unsigned(Pixels.toImage(FloatBuffer.wrap(decoded), size).pixels());
        assertArrayEquals(new int[] {0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 24, 5, 15, 25}, pixels);
    }

    @Test
    void theRecordedDecoderStateGivesTheRecordedPicture() throws IOException {
        Golden.Image golden = new Golden.Case("base-stages").images().get(0);
        BufferedImage expected = ImageIO.read(golden.picture().toFile());
        ImageSize size = new ImageSize(expected.getWidth(), expected.getHeight());
        float[] decoded = new DecoderTail(Golden.DEMO.resolve("vae"))
                .decode(golden.floats("vae.up_blocks.4"), golden.shape("vae.up_blocks.4"));
        int[] pixels = unsigned(Pixels.toImage(FloatBuffer.wrap(decoded), size).pixels());
        int[] recorded = expected.getRaster().getPixels(0, 0, size.width(), size.height(), (int[]) null);
        assertEquals(recorded.length, pixels.length);
        int different = 0;
        for (int i = 0; i < pixels.length; i++) {
            assertEquals(recorded[i], pixels[i], 1, "pixel value " + i);
            different += recorded[i] == pixels[i] ? 0 : 1;
        }
        // The rounding of a sum in another order moves the odd value over the middle between two levels.
        assertTrue(different < pixels.length / 1000, different + " of " + pixels.length + " differ by one");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesWhatIsNotFinite(float value) {
        float[] decoded = new float[12];
        decoded[7] = value;
        PipelineException failure = assertThrows(
                PipelineException.class, () -> Pixels.toImage(FloatBuffer.wrap(decoded), new ImageSize(2, 2)));
        assertEquals(ErrorCode.NON_FINITE_OUTPUT, failure.code());
        assertEquals("The pixels must be finite but hold " + value + " at index 7 of 12", failure.getMessage());
    }

    @Test
    void refusesAnotherSize() {
        assertThrows(
                IllegalArgumentException.class, () -> Pixels.toImage(FloatBuffer.allocate(11), new ImageSize(2, 2)));
    }

    private static int[] unsigned(byte[] bytes) {
        int[] values = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = Byte.toUnsignedInt(bytes[i]);
        }
        return values;
    }
}
