package dev.atelier.zimage.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfPrecisionTest {
    @Test
    void everyF16IsWidenedExactly() {
        for (int bits = 0; bits <= 0xffff; bits++) {
            int exponent = (bits >> 10) & 0x1f;
            int fraction = bits & 0x3ff;
            double sign = bits >> 15 == 0 ? 1 : -1;
            float actual = HalfPrecision.fromF16((short) bits);
            if (exponent == 31 && fraction != 0) {
                assertTrue(Float.isNaN(actual), "NaN " + bits);
            } else if (exponent == 31) {
                assertEquals((float) (sign * Double.POSITIVE_INFINITY), actual);
            } else {
                double expected = exponent == 0
                        ? sign * fraction * 0x1p-24
                        : sign * Math.scalb(1 + fraction / 1024.0, exponent - 15);
                // Raw bits, so that the zeros' signs count.
                assertEquals(
                        Float.floatToRawIntBits((float) expected), Float.floatToRawIntBits(actual), "bits " + bits);
            }
        }
    }

    @Test
    void everyBf16IsTheUpperHalfOfAFloat() {
        for (int bits = 0; bits <= 0xffff; bits++) {
            float actual = HalfPrecision.fromBf16((short) bits);
            assertEquals(bits << 16, Float.floatToRawIntBits(actual));
        }
    }
}
