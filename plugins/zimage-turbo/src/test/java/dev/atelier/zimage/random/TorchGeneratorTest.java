package dev.atelier.zimage.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.zimage.Golden;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class TorchGeneratorTest {
    private static final float TOLERANCE = 5e-7f;

    @TestFactory
    Stream<DynamicTest> drawsWhatTorchDraws() {
        return StreamSupport.stream(Golden.json("rng.json").spliterator(), false)
                .map(entry -> DynamicTest.dynamicTest(
                        "seed " + entry.get("seed").textValue() + ", n " + entry.get("n"), () -> compare(entry)));
    }

    private static void compare(JsonNode entry) {
        int n = entry.get("n").intValue();
        float[] drawn = new TorchGenerator(seed(entry.get("seed"))).randn(n);
        float[] first = floats(entry.get("first"));
        float[] last = floats(entry.get("last"));
        assertEquals(n, drawn.length);
        assertArrayEquals(first, Arrays.copyOf(drawn, first.length), TOLERANCE);
        assertArrayEquals(last, Arrays.copyOfRange(drawn, n - last.length, n), TOLERANCE);
        double sum = 0;
        double squares = 0;
        for (float value : drawn) {
            sum += value;
            squares += (double) value * value;
        }
        assertEquals(entry.get("mean").doubleValue(), sum / n, TOLERANCE);
        assertEquals(entry.get("sumsq").doubleValue(), squares, 1e-6 * squares);
    }

    @TestFactory
    Stream<DynamicTest> drawsTheInitialLatentsOfEveryGoldenImage() {
        return Golden.images().stream()
                .map(image -> DynamicTest.dynamicTest(image.toString(), () -> {
                    float[] expected = image.floats("initial_latents");
                    long seed = seed(image.expected().get("seed"));
                    assertArrayEquals(expected, new TorchGenerator(seed).randn(expected.length), TOLERANCE);
                }));
    }

    @Test
    void onlyTheLowHalfOfTheSeedCounts() {
        assertArrayEquals(new TorchGenerator(42).randn(64), new TorchGenerator((1L << 32) + 42).randn(64));
        assertFalse(Arrays.equals(new TorchGenerator(42).randn(64), new TorchGenerator(43).randn(64)));
    }

    @Test
    void aSpareNumberSurvivesBetweenCalls() {
        TorchGenerator inTwo = new TorchGenerator(7);
        float[] one = inTwo.randn(1);
        float[] two = inTwo.randn(2);
        assertArrayEquals(new TorchGenerator(7).randn(3), new float[] {one[0], two[0], two[1]});
    }

    @Test
    void nothingIsDrawnForNoElements() {
        assertEquals(0, new TorchGenerator(7).randn(0).length);
    }

    private static long seed(JsonNode node) {
        return Long.parseUnsignedLong(node.asText());
    }

    private static float[] floats(JsonNode node) {
        float[] values = new float[node.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = node.get(i).floatValue();
        }
        return values;
    }
}
