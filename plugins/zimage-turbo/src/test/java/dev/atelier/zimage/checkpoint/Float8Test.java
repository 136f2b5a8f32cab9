package dev.atelier.zimage.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Float8Test {
    @ParameterizedTest
    @CsvSource({
        "F8_E4M3,00,0",
        "F8_E4M3,01,0.001953125",
        "F8_E4M3,07,0.013671875",
        "F8_E4M3,08,0.015625",
        "F8_E4M3,38,1",
        "F8_E4M3,39,1.125",
        "F8_E4M3,7e,448",
        "F8_E4M3,fe,-448",
        "F8_E4M3,b8,-1",
        "F8_E4M3,7f,NaN",
        "F8_E4M3,ff,NaN",
        "F8_E5M2,01,0.0000152587890625",
        "F8_E5M2,3c,1",
        "F8_E5M2,3d,1.25",
        "F8_E5M2,7b,57344",
        "F8_E5M2,7c,Infinity",
        "F8_E5M2,fc,-Infinity",
        "F8_E5M2,7e,NaN",
        "F8_E5M2,bc,-1"
    })
    void knownValuesAreWidenedExactly(DType dtype, String bits, float value) {
        assertEquals(value, Float8.widen(dtype, (byte) Integer.parseInt(bits, 16)));
    }

    @Test
    void everyNumberIsAboveTheOneBeforeItAndTheOtherSignTurnsIt() {
        for (DType dtype : new DType[] {DType.F8_E4M3, DType.F8_E5M2}) {
            int largest = dtype == DType.F8_E4M3 ? 0x7e : 0x7b;
            for (int bits = 0; bits < largest; bits++) {
                float value = Float8.widen(dtype, (byte) bits);
                assertTrue(Float8.widen(dtype, (byte) (bits + 1)) > value);
                assertEquals(-value, Float8.widen(dtype, (byte) (bits | 0x80)));
            }
        }
    }
}
