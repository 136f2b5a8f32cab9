package dev.atelier.zimage.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.Failures;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoHa: an adapter that is the product, element by element, of two low-rank products. */
class HadamardTest {
    private static final int OUT = 12;
    private static final int IN = 10;
    private static final String M = "layers.0.attention.to_q";
    private static final List<Target> TARGETS = List.of(
            new Target(M, OUT, IN, false),
            new Target("layers.0.attention.to_k", OUT, IN, false),
            new Target("layers.0.attention.to_v", OUT, IN, false));

    @TempDir
    private Path folder;

    private final Random random = new Random(3);

    @ParameterizedTest
    @CsvSource({"1,1,true", "2,2,true", "1,5,true", "2,3,false", "4,4,false"})
    void theChangeIsTheProductOfBothFactorsWhicheverWayIsSmaller(int rank1, int rank2, boolean lowRank) {
        float[][] factors = factors(OUT, rank1, rank2);
        Delta delta = delta(
                M, write(new SafetensorsWriter(), M, OUT, rank1, rank2, factors).floats(M + ".alpha", new float[] {3}));
        if (lowRank) {
            assertEquals(rank1 * rank2, assertInstanceOf(LowRank.class, delta).rank());
        } else {
            assertInstanceOf(Dense.class, delta);
        }
        float[] actual = new float[OUT * IN];
        delta.add(0, OUT, 1, actual);
        assertArrayEquals(product(factors, OUT, rank1, rank2, 3f / rank1), actual, 1e-4f);
        assertEquals(lowRank ? 4L * rank1 * rank2 * (OUT + IN) : 4L * OUT * IN, delta.bytes());
    }

    @Test
    void fusedAttentionIsCutInThirds() {
        float[][] factors = factors(3 * OUT, 2, 2);
        SafetensorsWriter fused = write(new SafetensorsWriter(), "layers.0.attention.qkv", 3 * OUT, 2, 2, factors);
        float[] whole = product(factors, 3 * OUT, 2, 2, 1);
        for (int third = 0; third < 3; third++) {
            float[] actual = new float[OUT * IN];
            delta(TARGETS.get(third).name(), fused).add(0, OUT, 1, actual);
            float[] expected = new float[OUT * IN];
            System.arraycopy(whole, third * OUT * IN, expected, 0, OUT * IN);
            assertArrayEquals(expected, actual, 1e-4f);
        }
    }

    @Test
    void halvesThatDoNotFitAreNamed() {
        PipelineException incomplete = assertThrows(
                PipelineException.class,
                () -> delta(M, new SafetensorsWriter().floats(M + ".hada_w1_a", new float[12], 12, 1)));
        assertTrue(Failures.message(incomplete).contains("hada_w2_b but lacks one of them"));
        float[][] factors = factors(OUT + 1, 1, 1);
        PipelineException other = assertThrows(
                PipelineException.class, () -> delta(M, write(new SafetensorsWriter(), M, OUT + 1, 1, 1, factors)));
        assertEquals(ErrorCode.LORA_INVALID, other.code());
        assertTrue(
                Failures.message(other)
                        .contains("hada_w1 [13, 10] and hada_w2 [13, 10] must both have shape [12, 10] but do not"),
                Failures.message(other));
    }

    private float[][] factors(int out, int rank1, int rank2) {
        return new float[][] {floats(out * rank1), floats(rank1 * IN), floats(out * rank2), floats(rank2 * IN)};
    }

    private float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static SafetensorsWriter write(
            SafetensorsWriter writer, String module, int out, int rank1, int rank2, float[][] factors) {
        return writer.floats(module + ".hada_w1_a", factors[0], out, rank1)
                .floats(module + ".hada_w1_b", factors[1], rank1, IN)
                .floats(module + ".hada_w2_a", factors[2], out, rank2)
                .floats(module + ".hada_w2_b", factors[3], rank2, IN);
    }

    private static float[] product(float[][] factors, int out, int rank1, int rank2, float scale) {
        float[] product = new float[out * IN];
        for (int row = 0; row < out; row++) {
            for (int column = 0; column < IN; column++) {
                double first = 0;
                for (int i = 0; i < rank1; i++) {
                    first += (double) factors[0][row * rank1 + i] * factors[1][i * IN + column];
                }
                double second = 0;
                for (int i = 0; i < rank2; i++) {
                    second += (double) factors[2][row * rank2 + i] * factors[3][i * IN + column];
                }
                product[row * IN + column] = (float) (scale * first * second);
            }
        }
        return product;
    }

    private Delta delta(String module, SafetensorsWriter writer) {
        AdapterReader reader = new AdapterReader(
                AdapterModel.ofKnownSize("model", 0, TARGETS, SmallModel.SPELLINGS), SmallModel::ones);
        Path file = writer.write(folder.resolve("adapter.safetensors"));
        Adapter adapter = SmallModel.read(reader, AdapterFiles.of("test", file, 1));
        return Objects.requireNonNull(adapter.change(module).orElseThrow().delta());
    }
}
