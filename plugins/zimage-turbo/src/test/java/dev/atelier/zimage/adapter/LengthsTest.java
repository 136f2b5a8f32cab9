package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.adapter.SmallModel.MODULE;
import static dev.atelier.zimage.adapter.SmallModel.TARGETS;
import static dev.atelier.zimage.adapter.SmallModel.file;
import static dev.atelier.zimage.adapter.SmallModel.pair;
import static dev.atelier.zimage.adapter.SmallModel.reader;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
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

    @Test
    void aRowThatVanishesIsRefusedWithItsFile() {
        AdapterStack stack = stack(new float[] {-1, 0, 0, 0}, new float[] {1, 1});
        PipelineException failure = assertThrows(PipelineException.class, () -> stack.gain(GROUP));
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertEquals(
                "test: module " + MODULE
                        + ": row 0 of the changed weight must have a length that 1.0 can be divided by but has 0.0",
                failure.getMessage());
    }

    /** Once it is part of the weight, what is added would be scaled with it. */
    @Test
    void whatChangesTheSameModuleIsNotMergedBesideIt() {
        AdapterStack.Entry normed = entry(dora(new float[4], new float[] {1, 1}));
        AdapterStack.Entry same = entry(pair(new SafetensorsWriter(), MODULE));
        AdapterStack.Entry other = entry(pair(new SafetensorsWriter(), "layers.1.attention.to_q"));
        AdapterStack stack = new AdapterStack(List.of(normed, same, other));
        assertEquals(
                new AdapterStack(List.of(other)).content(), stack.mergeable().content());
        assertEquals(
                new AdapterStack(List.of(normed, same)).content(),
                stack.unmergeable().content());
        assertEquals(
                2,
                new AdapterStack(List.of(same, other))
                        .mergeable()
                        .content()
                        .uses()
                        .size());
    }

    /** A scale of columns is added to the weight as it was. */
    @Test
    void besideLengthsOfColumnsItIsMerged() {
        AdapterStack.Entry normed = entry(
                pair(new SafetensorsWriter(), MODULE).floats(MODULE + ".dora_scale", new float[] {1, 1, 1}, 1, 3));
        AdapterStack.Entry same = entry(pair(new SafetensorsWriter(), MODULE));
        AdapterStack stack = new AdapterStack(List.of(normed, same));
        assertEquals(
                new AdapterStack(List.of(same)).content(), stack.mergeable().content());
    }

    private AdapterStack stack(float[] b, float[] magnitude) {
        return new AdapterStack(List.of(entry(dora(b, magnitude))));
    }

    private static SafetensorsWriter dora(float[] b, float[] magnitude) {
        return new SafetensorsWriter()
                .floats(MODULE + ".lora_A.weight", new float[] {1, 1, 1, 1, 1, 1}, 2, 3)
                .floats(MODULE + ".lora_B.weight", b, 2, 2)
                .floats(MODULE + ".magnitude", magnitude, 2);
    }

    private AdapterStack.Entry entry(SafetensorsWriter content) {
        Path file = content.write(folder.resolve("adapter.safetensors"));
        return new AdapterStack.Entry("test", SmallModel.read(reader(), file(file)), 1);
    }
}
