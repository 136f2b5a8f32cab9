package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.adapter.SmallModel.MODULE;
import static dev.atelier.zimage.adapter.SmallModel.TARGETS;
import static dev.atelier.zimage.adapter.SmallModel.a;
import static dev.atelier.zimage.adapter.SmallModel.file;
import static dev.atelier.zimage.adapter.SmallModel.reader;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.zimage.checkpoint.HalfPrecision;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lengths that DoRA gives the rows of a weight; here the rows are ones, sqrt(3) long. */
class LengthsTest {
    private static final TargetGroup GROUP = new TargetGroup("block", TARGETS.subList(0, 1));

    @TempDir
    private Path folder;

    /** Trained lengths differ from the base's by a few parts in a thousand, and bfloat16 has 8 bits. */
    @ParameterizedTest
    @ValueSource(doubles = {0.997, 0.9985, 0.9999, 1.0001, 1.001, 1.003})
    void aScaleCloseToOneIsFedSoThatBfloat16KeepsIt(double scale) {
        float length = (float) (scale * Math.sqrt(3));
        FloatBuffer gain = stack(new float[4], new float[] {length, length}).gain(GROUP);
        for (int row = 0; row < 2; row++) {
            float fed = HalfPrecision.fromBf16(HalfPrecision.toBf16(gain.get(row)));
            assertEquals(scale - 1, fed, 0.01 * Math.abs(scale - 1));
        }
    }

    @Test
    void withoutLengthsNothingIsAddedExactly() {
        FloatBuffer gain = AdapterStack.NONE.gain(GROUP);
        assertEquals(FloatBuffer.allocate(2), gain);
    }

    private AdapterStack stack(float[] b, float[] magnitude) {
        Path file = new SafetensorsWriter()
                .floats(MODULE + ".lora_A.weight", a(), 2, 3)
                .floats(MODULE + ".lora_B.weight", b, 2, 2)
                .floats(MODULE + ".magnitude", magnitude, 2)
                .write(folder.resolve("dora.safetensors"));
        return new AdapterStack(List.of(new AdapterStack.Entry(SmallModel.read(reader(), file(file)), 1)));
    }
}
