package dev.atelier.zimage.image;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.nio.FloatBuffer;

/** Checks what was computed, so that a failure is never drawn as a black picture. */
public final class FiniteNumbers {
    private FiniteNumbers() {}

    /**
     * Checks an array.
     *
     * @param what its name in the message, such as {@code latents after step 3}
     * @throws PipelineException {@link ErrorCode#NON_FINITE_OUTPUT} when a number is infinite or not a number
     */
    public static void require(String what, float[] values) {
        require(what, FloatBuffer.wrap(values));
    }

    /** Checks a buffer from index 0 to its limit; its position is left alone. */
    public static void require(String what, FloatBuffer values) {
        for (int i = 0; i < values.limit(); i++) {
            float value = values.get(i);
            if (!Float.isFinite(value)) {
                throw new PipelineException(
                        ErrorCode.NON_FINITE_OUTPUT,
                        "The " + what + " must be finite but hold " + value + " at index " + i + " of "
                                + values.limit());
            }
        }
    }
}
