package dev.atelier.zimage.checkpoint;

/** Widens 16-bit floats to single precision, which is exact, and rounds to them. */
public final class HalfPrecision {
    private static final int EXPONENT_SHIFT = 13;
    private static final int EXPONENT_BIAS_DIFFERENCE = (127 - 15) << 23;
    private static final int EXPONENT_MASK = 0x7c00 << EXPONENT_SHIFT;
    private static final float SMALLEST_NORMAL = 0x1p-14f;

    private static final int BELOW_HALF_BF16 = 0x7fff;
    private static final short NAN_BF16 = 0x7fc0;

    private HalfPrecision() {}

    /** Widens an IEEE 754 half: 1 sign, 5 exponent and 10 fraction bits. */
    static float fromF16(short half) {
        int magnitude = (half & 0x7fff) << EXPONENT_SHIFT;
        int exponent = magnitude & EXPONENT_MASK;
        float value;
        if (exponent == EXPONENT_MASK) {
            value = Float.intBitsToFloat(magnitude + 2 * EXPONENT_BIAS_DIFFERENCE);
        } else if (exponent == 0) {
            // A subnormal: put it behind an implicit one, then take the one away again.
            value = Float.intBitsToFloat(magnitude + EXPONENT_BIAS_DIFFERENCE + (1 << 23)) - SMALLEST_NORMAL;
        } else {
            value = Float.intBitsToFloat(magnitude + EXPONENT_BIAS_DIFFERENCE);
        }
        return half < 0 ? -value : value;
    }

    /** Widens a bfloat16: the upper half of a single precision float. */
    public static float fromBf16(short half) {
        return Float.intBitsToFloat(half << Short.SIZE);
    }

    /** Rounds to a bfloat16: to nearest, ties to even. */
    public static short toBf16(float value) {
        if (Float.isNaN(value)) {
            return NAN_BF16;
        }
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + BELOW_HALF_BF16 + ((bits >>> Short.SIZE) & 1)) >>> Short.SIZE);
    }
}
