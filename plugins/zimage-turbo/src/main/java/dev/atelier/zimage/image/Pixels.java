package dev.atelier.zimage.image;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.RgbImage;
import java.nio.FloatBuffer;

/** Turns a decoder's output into a picture, as diffusers' {@code VaeImageProcessor} does. */
public final class Pixels {
    private static final int CHANNELS = 3;
    private static final float LARGEST = 255;

    private Pixels() {}

    /**
     * Returns the picture: each value v becomes round-half-even(255 * clamp(v * 0.5 + 0.5, 0, 1)), in single precision.
     *
     * @param decoded the decoder's output in [-1, 1] or somewhat beyond, {@code [3, height, width]}, red first; read
     *     from index 0, its position is left alone
     * @throws PipelineException {@link ErrorCode#NON_FINITE_OUTPUT} when a value is infinite or not a number
     */
    public static RgbImage toImage(FloatBuffer decoded, ImageSize size) {
        int plane = Math.multiplyExact(size.width(), size.height());
        int count = Math.multiplyExact(CHANNELS, plane);
        if (decoded.limit() != count) {
            throw new IllegalArgumentException(
                    "pixels of " + size + " must be " + count + " numbers but are " + decoded.limit());
        }
        FiniteNumbers.require("pixels", decoded);
        byte[] pixels = new byte[count];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < plane; i++) {
                pixels[CHANNELS * i + channel] = toByte(decoded.get(channel * plane + i));
            }
        }
        return new RgbImage(size, pixels);
    }

    private static byte toByte(float value) {
        float level = Math.min(Math.max(value * 0.5f + 0.5f, 0f), 1f);
        return (byte) (int) Math.rint(LARGEST * level);
    }
}
