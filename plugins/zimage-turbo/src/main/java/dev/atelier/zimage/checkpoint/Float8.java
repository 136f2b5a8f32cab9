package dev.atelier.zimage.checkpoint;

/**
 * Widens 8-bit floats to single precision, which is exact. F8_E4M3 has 4 exponent bits with bias 7, no infinities, and
 * one NaN of each sign; F8_E5M2 is the upper half of an IEEE 754 half.
 */
final class Float8 {
    private static final float[] E4M3 = new float[1 << Byte.SIZE];
    private static final float[] E5M2 = new float[1 << Byte.SIZE];

    static {
        for (int bits = 0; bits < E4M3.length; bits++) {
            E4M3[bits] = e4m3(bits);
            E5M2[bits] = HalfPrecision.fromF16((short) (bits << Byte.SIZE));
        }
    }

    private Float8() {}

    static float widen(DType dtype, byte bits) {
        return (dtype == DType.F8_E4M3 ? E4M3 : E5M2)[Byte.toUnsignedInt(bits)];
    }

    private static float e4m3(int bits) {
        int exponent = bits >> 3 & 0xf;
        int fraction = bits & 7;
        float magnitude;
        if (exponent == 0xf && fraction == 7) {
            magnitude = Float.NaN;
        } else if (exponent == 0) {
            magnitude = Math.scalb((float) fraction, -9);
        } else {
            magnitude = Math.scalb(8f + fraction, exponent - 10);
        }
        return (bits & 0x80) == 0 ? magnitude : -magnitude;
    }
}
