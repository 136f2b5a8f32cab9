package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.Failures.message;
import static dev.atelier.zimage.adapter.SmallModel.MODULE;
import static dev.atelier.zimage.adapter.SmallModel.a;
import static dev.atelier.zimage.adapter.SmallModel.b;
import static dev.atelier.zimage.adapter.SmallModel.file;
import static dev.atelier.zimage.adapter.SmallModel.pair;
import static dev.atelier.zimage.adapter.SmallModel.reader;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with an adapter file is said by name, before any of it is applied. */
class AdapterRefusalTest {
    @TempDir
    private Path folder;

    @Test
    void aFileInWhichNothingFitsNamesItsFirstKeys() {
        PipelineException failure = refused(
                ErrorCode.LORA_NOT_APPLIED,
                pair(pair(pair(new SafetensorsWriter(), "foo"), "bar"), "layers.9.attention.to_q"));
        assertEquals(
                "test: none of its 6 tensors matches the model; the first are [foo.lora_A.weight, foo.lora_B.weight, "
                        + "bar.lora_A.weight, bar.lora_B.weight, layers.9.attention.to_q.lora_A.weight]",
                message(failure));
        assertEquals(5, ((List<?>) failure.details().getOrDefault("unmatched_keys", List.of())).size());
        refused(ErrorCode.LORA_NOT_APPLIED, new SafetensorsWriter());
    }

    @ParameterizedTest
    @CsvSource({
        "lora_A.weight,lora_B.weight,2,4,'layers.0.attention.to_q.lora_A.weight must have shape [2, 3] but has [2, 4]'",
        "lora_A.weight,lora_B.weight,0,3,'layers.0.attention.to_q.lora_A.weight must have shape [1, 3] but has [0, 3]'"
    })
    void aShapeThatDoesNotFitNamesModuleExpectedAndActual(String down, String up, int rank, int in, String expected) {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID,
                new SafetensorsWriter()
                        .floats(MODULE + "." + down, new float[rank * in], rank, in)
                        .floats(MODULE + "." + up, new float[2 * rank], 2, rank));
        assertEquals("test: module " + MODULE + ": " + expected, message(failure));
    }

    @Test
    void theTwoHalvesMustHaveOneRank() {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID,
                new SafetensorsWriter()
                        .floats(MODULE + ".lora_A.weight", a(), 2, 3)
                        .floats(MODULE + ".lora_B.weight", new float[6], 2, 3));
        assertTrue(message(failure).contains("lora_B.weight must have shape [2, 2] but has [2, 3]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora_A.weight", "lora_B.weight"})
    void halfAPairNamesItsModule(String half) {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID, new SafetensorsWriter().floats(MODULE + "." + half, new float[3], 1, 3));
        assertTrue(message(failure).startsWith("test: module " + MODULE), message(failure));
        assertTrue(message(failure).contains(" other half (lora_"), message(failure));
    }

    @Test
    void twoEntriesForOneModuleAreRefused() {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID, pair(pair(new SafetensorsWriter(), MODULE), "diffusion_model." + MODULE));
        assertTrue(message(failure).contains("module " + MODULE + " is adapted twice"), message(failure));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void weightsThatAreNotFiniteAreRefused(float value) {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            PipelineException failure = refused(
                    ErrorCode.LORA_INVALID,
                    new SafetensorsWriter()
                            .floats(MODULE + ".lora_A.weight", a(), 2, 3)
                            .floats(MODULE + ".lora_B.weight", dtype, new float[] {1, 2, value, 4}, 2, 2));
            assertTrue(
                    message(failure).contains("module " + MODULE + ": " + MODULE + ".lora_B.weight must be finite"),
                    message(failure));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {-1, Float.NaN, Float.POSITIVE_INFINITY})
    void anAlphaThatIsNoScaleIsRefused(float alpha) {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID,
                pair(new SafetensorsWriter(), MODULE).floats(MODULE + ".alpha", new float[] {alpha}));
        assertTrue(message(failure).contains("module " + MODULE + ": alpha must be"), message(failure));
    }

    @Test
    void anAlphaOfSeveralNumbersIsRefused() {
        refused(
                ErrorCode.LORA_INVALID,
                pair(new SafetensorsWriter(), MODULE).floats(MODULE + ".alpha", new float[] {1, 2}, 2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"transformer.lora_alpha\": \"3\"}", "{\"transformer.lora_alpha\": -3}"})
    void metadataThatGivesNoScaleIsRefused(String json) {
        refused(ErrorCode.LORA_INVALID, pair(new SafetensorsWriter(), MODULE).metadata("lora_adapter_metadata", json));
    }

    @ParameterizedTest
    @CsvSource({
        "hada_t1,Tucker decomposition",
        "hada_w3,LoHa",
        "boft_R,BOFT",
        "oft_R.weight,OFT",
        "a1.weight,GLoRA",
        "glora_x,GLoRA",
        "ia3_l,IA3",
        "on_input,IA3",
        "vera_lambda_b,VeRA",
        "lora_E,AdaLoRA",
        "hra_u,HRA",
        "fourierft_spectrum,FourierFT",
        "lora_A.weight_scale,scaled FP8 weights",
        "weight,whole weights as a checkpoint has them",
        "base_layer.weight,whole weights as a checkpoint has them",
        "oft_blocks,OFT",
        "lora_B.bias,LoRA bias",
        "lokr_t2,Tucker decomposition",
        "lora_mid.weight,Tucker decomposition"
    })
    void anotherAlgorithmIsNamedAndNeverHalfApplied(String suffix, String algorithm) {
        String key = "diffusion_model." + MODULE + "." + suffix;
        PipelineException mixed = refused(
                ErrorCode.LORA_INVALID,
                pair(new SafetensorsWriter(), "diffusion_model." + MODULE).floats(key, new float[] {1}, 1));
        assertTrue(message(mixed).contains(algorithm + ", which cannot be applied"), message(mixed));
        PipelineException alone =
                refused(ErrorCode.LORA_NOT_APPLIED, new SafetensorsWriter().floats(key, new float[] {1}, 1));
        assertTrue(message(alone).contains(algorithm), message(alone));
        assertTrue(message(alone).contains(key), message(alone));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dora_scale", "lokr_w1", "lora_up.weight"})
    void anotherAlgorithmIsNamedAlsoWhereWhatStandsBesideItIsNotComplete(String beside) {
        String module = "lora_unet_layers_0_attention_to_q.";
        SafetensorsWriter oft = new SafetensorsWriter()
                .floats(module + "oft_blocks", new float[] {1}, 1)
                .floats(module + beside, new float[2], 2, 1);
        PipelineException alone = assertThrows(PipelineException.class, () -> read(oft));
        assertTrue(message(alone).contains("OFT, which cannot be applied"), message(alone));
        PipelineException mixed = refused(ErrorCode.LORA_INVALID, pair(oft, "diffusion_model.layers.1.attention.to_q"));
        assertTrue(message(mixed).contains("OFT, which cannot be applied"), message(mixed));
        AdapterInspection inspected = AdapterReader.inspect(
                new AdapterSource("test", folder.resolve("adapter.safetensors"), null),
                AdapterModel.ofKnownSize("model", 0, SmallModel.TARGETS, SmallModel.SPELLINGS));
        assertTrue(inspected.report().form().contains("OFT (cannot be applied)"));
        assertEquals(new AdapterInspection.Problem(mixed.code(), message(mixed)), inspected.problem());
    }

    @Test
    void weightsOfAnotherTypeAreRefused() {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID,
                new SafetensorsWriter()
                        .bytes(MODULE + ".lora_A.weight", "F8_E4M3FNUZ", new byte[6], 2, 3)
                        .floats(MODULE + ".lora_B.weight", b(), 2, 2));
        assertTrue(
                message(failure).contains("must be F16, BF16, F32, F64, F8_E4M3 or F8_E5M2 but is F8_E4M3FNUZ"),
                message(failure));
    }

    @ParameterizedTest
    @CsvSource({
        "504b03040000080800000000,is a zip archive",
        "504b030400000808000000006172636869766525642f646174612e706b6c,is a pickle in a zip archive",
        "80028a0a6cfc9c46f920,is a pickle ("
    })
    void aPickleIsKnownByItsContent(String start, String what) throws IOException {
        Path file = folder.resolve("adapter.safetensors");
        Files.write(file, HexFormat.of().parseHex(start + "00".repeat(100)));
        PipelineException failure = assertThrows(PipelineException.class, () -> SmallModel.read(reader(), file(file)));
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertTrue(message(failure).startsWith("test: " + what), message(failure));
    }

    @Test
    void anEmptyOrMissingFileIsRefused() throws IOException {
        Path file = folder.resolve("adapter.safetensors");
        assertEquals(
                "test: cannot be read: NoSuchFileException",
                assertThrows(PipelineException.class, () -> SmallModel.read(reader(), file(file)))
                        .getMessage());
        Files.createFile(file);
        assertEquals(
                "test: is empty, not a safetensors file",
                assertThrows(PipelineException.class, () -> SmallModel.read(reader(), file(file)))
                        .getMessage());
    }

    private PipelineException refused(ErrorCode code, SafetensorsWriter writer) {
        PipelineException failure = assertThrows(PipelineException.class, () -> read(writer));
        assertEquals(code, failure.code(), message(failure));
        return failure;
    }

    private Adapter read(SafetensorsWriter writer) {
        return SmallModel.read(reader(), file(writer.write(folder.resolve("adapter.safetensors"))));
    }
}
