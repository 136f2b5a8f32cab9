package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the forms besides plain pairs mean, and what is refused of them. */
class AdapterFormsTest {
    private static final String Q = "layers.0.attention.to_q";
    private static final String OUT = "layers.0.attention.to_out.0";
    private static final List<Target> TARGETS = List.of(
            new Target(Q, 2, 4, false),
            new Target("layers.0.attention.to_k", 2, 4, false),
            new Target("layers.0.attention.to_v", 2, 4, false),
            new Target(OUT, 2, 2, true));
    private static final float[] LEFT = {1, 2};
    private static final float[] RIGHT = {1, 10, 100, 1000};

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"9999999999,F32", "9999999999,BF16", "Infinity,F32", "NaN,F32", "-1,F32", "0,F32", "1,F32"})
    void ofTwoWholeFactorsAlphaSaysNothing(float alpha, DType dtype) {
        Adapter adapter = read(writer -> lokr(writer).floats(Q + ".alpha", dtype, new float[] {alpha}));
        assertArrayEquals(new float[] {1, 10, 2, 20, 100, 1000, 200, 2000}, rows(adapter, Q));
        assertEquals(List.of(), adapter.report("x", 1).alphas());
    }

    @ParameterizedTest
    @CsvSource({"3,1.5", "2,1", "0,1"})
    void ofAFactorInHalvesAlphaOverItsRankIsTheScale(float alpha, float scale) {
        Adapter right = read(writer -> writer.floats(Q + ".lokr_w1", LEFT, 1, 2)
                .floats(Q + ".lokr_w2_a", new float[] {1, 0, 0, 1}, 2, 2)
                .floats(Q + ".lokr_w2_b", new float[] {1, 10, 100, 1000}, 2, 2)
                .floats(Q + ".alpha", new float[] {alpha}));
        assertArrayEquals(scaled(scale, 1, 10, 2, 20, 100, 1000, 200, 2000), rows(right, Q));
        Adapter left = read(writer -> writer.floats(Q + ".lokr_w2", RIGHT, 2, 2)
                .floats(Q + ".lokr_w1_a", new float[] {1, 0}, 1, 2)
                .floats(Q + ".lokr_w1_b", new float[] {1, 2, 5, 5}, 2, 2)
                .floats(Q + ".alpha", new float[] {alpha}));
        assertArrayEquals(scaled(scale, 1, 10, 2, 20, 100, 1000, 200, 2000), rows(left, Q));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NaN, -1})
    void whereAlphaCountsItMustBeANumber(float alpha) {
        assertRefused(
                "alpha must be",
                writer -> writer.floats(Q + ".lokr_w1", LEFT, 1, 2)
                        .floats(Q + ".lokr_w2_a", new float[2], 2, 1)
                        .floats(Q + ".lokr_w2_b", new float[2], 1, 2)
                        .floats(Q + ".alpha", new float[] {alpha}));
    }

    @Test
    void factorsThatDoNotMultiplyToTheWeightAreRefused() {
        assertRefused(
                "module " + Q + ": the Kronecker product of lokr_w1 [1, 2] and lokr_w2 [4, 1] must have shape [2, 4]",
                writer -> writer.floats(Q + ".lokr_w1", LEFT, 1, 2).floats(Q + ".lokr_w2", RIGHT, 4, 1));
        assertRefused("without lokr_w2", writer -> writer.floats(Q + ".lokr_w1", LEFT, 1, 2));
        assertRefused(
                "lokr_w2_a or lokr_w2_b without the other",
                writer -> writer.floats(Q + ".lokr_w1", LEFT, 1, 2).floats(Q + ".lokr_w2_a", RIGHT, 2, 2));
        assertRefused(
                "lokr_w2 twice",
                writer -> lokr(writer).floats(Q + ".lokr_w2_a", RIGHT, 2, 2).floats(Q + ".lokr_w2_b", RIGHT, 2, 2));
    }

    @Test
    void twoWaysToChangeOneModuleAreRefused() {
        assertRefused("adapted twice", writer -> lokr(writer).floats(Q + ".diff", new float[8], 2, 4));
        assertRefused(
                "adapted twice",
                writer -> writer.floats("lora_unet_layers_0_attention_to_q.diff", new float[8], 2, 4)
                        .floats(Q + ".diff", new float[8], 2, 4));
    }

    @Test
    void lengthsWithoutWeightsAreRefusedAndSoIsABiasThatIsNotThere() {
        assertRefused("without the weights", writer -> writer.floats(Q + ".magnitude", new float[2], 2));
        assertRefused("has no bias", writer -> writer.floats(Q + ".diff_b", new float[2], 2));
        assertRefused(
                "magnitude must have shape [2] but has [3]",
                writer -> writer.floats(Q + ".diff", new float[8], 2, 4).floats(Q + ".magnitude", new float[3], 3));
    }

    @Test
    void aWholeDifferenceMayStandAsAAlone() {
        Adapter adapter = read(writer -> writer.floats(Q + ".lora_A.weight", new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 4)
                .floats(Q + ".alpha", new float[] {Float.NaN}));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, rows(adapter, Q));
        assertEquals("bare fullrank", adapter.report("x", 1).form());
    }

    @Test
    void fusedAttentionIsCutInThirdsOnlyWhereNoPartIsThere() {
        UnaryOperator<SafetensorsWriter> fused =
                writer -> writer.floats("layers.0.attention.qkv.lora_A.weight", new float[] {1, 1, 1, 1}, 1, 4)
                        .floats("layers.0.attention.qkv.lora_B.weight", new float[] {1, 2, 3, 4, 5, 6}, 6, 1)
                        .floats("layers.0.attention.qkv.alpha", new float[] {2});
        Adapter alone = read(fused);
        assertArrayEquals(new float[] {6, 6, 6, 6, 8, 8, 8, 8}, rows(alone, "layers.0.attention.to_k"));
        assertEquals(
                List.of(3, 3),
                List.of(alone.report("x", 1).modules(), alone.report("x", 1).matchedKeys()));
        Adapter beside = read(writer -> fused.apply(writer).floats("layers.0.attention.to.q.diff", new float[8], 2, 4));
        assertEquals(1, beside.report("x", 1).modules());
        assertEquals(3, beside.report("x", 1).partlyMatched().count());
    }

    @Test
    void theBareOutputStandsOnlyForOneThatIsAbsent() {
        Adapter alone = read(writer -> writer.floats("layers.0.attention.out.diff", new float[] {1, 2, 3, 4}, 2, 2));
        assertArrayEquals(new float[] {1, 2, 3, 4}, rows(alone, OUT));
        Adapter both = read(writer -> writer.floats("layers.0.attention.out.diff", new float[4], 2, 2)
                .floats(OUT + ".diff", new float[] {5, 6, 7, 8}, 2, 2));
        assertArrayEquals(new float[] {5, 6, 7, 8}, rows(both, OUT));
        assertEquals(
                AdapterReport.Keys.of(List.of("layers.0.attention.out.diff")),
                both.report("x", 1).partlyMatched());
    }

    @Test
    void tensorsOfATextEncoderAreReportedAndAStrayAlphaToo() {
        Adapter adapter = read(writer -> lokr(writer)
                .floats("lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", new float[4], 2, 2)
                .floats("layers.0.attention.to_k.alpha", new float[] {1}));
        assertEquals(1, adapter.report("x", 1).unmatched().count());
        assertEquals(1, adapter.report("x", 1).partlyMatched().count());
    }

    @Test
    void theBytesOfWholeDifferencesAreBounded() {
        Adapter adapter = read(writer -> writer.floats(Q + ".diff", new float[8], 2, 4));
        AdapterStack stack = new AdapterStack(List.of(new AdapterStack.Entry("test", adapter, 1)));
        stack.checkDense(List.of(new TargetGroup("g", TARGETS)), 32);
        PipelineException failure = assertThrows(
                PipelineException.class, () -> stack.checkDense(List.of(new TargetGroup("g", TARGETS)), 31));
        assertTrue(message(failure).contains("must fit in 31 bytes but need 32"), message(failure));
    }

    @Test
    void aFileThatChangesAfterItWasRecordedIsNeverApplied() throws IOException {
        Path file = lokr(new SafetensorsWriter()).write(folder.resolve("a.safetensors"));
        AdapterFile recorded = AdapterFiles.of("test", file, 1);
        lokr(new SafetensorsWriter()).metadata("x", "y").write(file);
        assertChanged(recorded);
        Files.write(file, new byte[20]);
        assertChanged(recorded);
    }

    private void assertChanged(AdapterFile recorded) {
        PipelineException failure = assertThrows(PipelineException.class, () -> SmallModel.read(reader(), recorded));
        assertEquals(ErrorCode.LORA_CHANGED, failure.code());
    }

    private void assertRefused(String what, UnaryOperator<SafetensorsWriter> content) {
        PipelineException failure = assertThrows(PipelineException.class, () -> read(content));
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertTrue(message(failure).contains(what), message(failure));
    }

    private static SafetensorsWriter lokr(SafetensorsWriter writer) {
        return writer.floats(Q + ".lokr_w1", LEFT, 1, 2).floats(Q + ".lokr_w2", RIGHT, 2, 2);
    }

    private static float[] scaled(float scale, float... values) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= scale;
        }
        return values;
    }

    private static float[] rows(Adapter adapter, String module) {
        Target target = TARGETS.stream()
                .filter(one -> one.name().equals(module))
                .findFirst()
                .orElseThrow();
        float[] rows = new float[target.out() * target.in()];
        Objects.requireNonNull(adapter.change(module).orElseThrow().delta()).add(0, target.out(), 1, rows);
        return rows;
    }

    private static AdapterReader reader() {
        return new AdapterReader(AdapterModel.ofKnownSize("model", 0, TARGETS, SmallModel.SPELLINGS), SmallModel::ones);
    }

    private Adapter read(UnaryOperator<SafetensorsWriter> content) {
        Path file = content.apply(new SafetensorsWriter()).write(folder.resolve("adapter.safetensors"));
        return SmallModel.read(reader(), AdapterFiles.of("test", file, 1));
    }
}
