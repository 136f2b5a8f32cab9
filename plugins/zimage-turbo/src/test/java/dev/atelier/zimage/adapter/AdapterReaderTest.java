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
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterReaderTest {
    private static final List<Target> TARGETS = List.of(
            new Target("layers.0.attention.to_q", 2, 3, false),
            new Target("layers.1.attention.to_q", 2, 3, false),
            new Target("all_x_embedder.2-1", 2, 3, true),
            new Target("all_final_layer.2-1.linear", 2, 3, true));
    private static final Map<String, String> ALIASES =
            Map.of("x_embedder", "all_x_embedder.2-1", "final_layer", "all_final_layer.2-1");
    private static final float[] A = {1, 2, 3, 4, 5, 6};
    private static final float[] B = {7, 8, 9, 10};
    private static final String MODULE = "layers.0.attention.to_q";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "diffusion_model.,lora_A.weight,lora_B.weight,ai-toolkit lora",
        "model.diffusion_model.,lora_A.weight,lora_B.weight,single-file lora",
        "transformer.,lora_A.weight,lora_B.weight,diffusers lora",
        "'',lora_A.default.weight,lora_B.default.weight,bare lora",
        "'',lora.down.weight,lora.up.weight,bare lora",
        "diffusion_model.,lora_down.weight,lora_up.weight,ai-toolkit lora",
        "transformer.,lora_down.weight,lora_B.default.weight,diffusers lora"
    })
    void everySpellingOfAKeyIsUnderstood(String prefix, String down, String up, String form) {
        String module = prefix + MODULE + ".";
        Adapter adapter =
                read(new SafetensorsWriter().floats(module + down, A, 2, 3).floats(module + up, B, 2, 2));
        LowRank change = adapter.change(MODULE).orElseThrow();
        assertArrayEquals(A, change.a());
        assertArrayEquals(B, change.b());
        assertEquals(2, change.rank());
        assertEquals(1f, change.scale());
        assertEquals(form, adapter.report("x", 1).form());
    }

    @ParameterizedTest
    @CsvSource({
        "x_embedder,all_x_embedder.2-1",
        "final_layer.linear,all_final_layer.2-1.linear",
        "all_final_layer.2-1.linear,all_final_layer.2-1.linear"
    })
    void anAliasStandsForTheCheckpointsName(String spelled, String module) {
        Adapter adapter = read(pair(new SafetensorsWriter(), "diffusion_model." + spelled));
        assertTrue(adapter.change(module).isPresent());
        assertEquals(List.of(), adapter.report("x", 1).unmatchedKeys());
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16", "F32", "F64"})
    void everyFloatTypeIsReadExactly(DType dtype) {
        Adapter adapter = read(new SafetensorsWriter()
                .floats(MODULE + ".lora_A.weight", dtype, A, 2, 3)
                .floats(MODULE + ".lora_B.weight", dtype, B, 2, 2));
        assertArrayEquals(A, adapter.change(MODULE).orElseThrow().a());
        assertEquals(List.of(dtype.name()), adapter.report("x", 1).dtypes());
    }

    @Test
    void theReportCountsWhatFitsAndNamesWhatDoesNot() {
        Adapter adapter = read(pair(pair(new SafetensorsWriter(), MODULE), "layers.7.attention.to_q")
                .floats("layers.1.attention.to_q.lora_A.weight", new float[] {1, 2, 3}, 1, 3)
                .floats("layers.1.attention.to_q.lora_B.weight", DType.BF16, new float[] {1, 2}, 2, 1)
                .floats("layers.1.attention.to_q.alpha", new float[] {1})
                .floats("text_encoder.something", new float[] {1}, 1)
                .metadata("name", "sks"));
        assertEquals(
                new AdapterReport(
                        "my adapter",
                        -0.5,
                        "bare lora",
                        List.of(1, 2),
                        List.of("BF16", "F32"),
                        2,
                        5,
                        List.of(
                                "layers.7.attention.to_q.lora_A.weight",
                                "layers.7.attention.to_q.lora_B.weight",
                                "text_encoder.something"),
                        Map.of("name", "sks")),
                sortKeys(adapter.report("my adapter", -0.5)));
    }

    @ParameterizedTest
    @CsvSource({"1,0.5", "2,1", "4,2", "0,1"})
    void alphaOverRankIsTheScaleAndZeroMeansTheRank(float alpha, float scale) {
        Adapter adapter = read(pair(new SafetensorsWriter(), MODULE).floats(MODULE + ".alpha", new float[] {alpha}));
        assertEquals(scale, adapter.change(MODULE).orElseThrow().scale());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|1",
                "null|1",
                "{\"transformer.r\": 2, \"transformer.lora_alpha\": 3}|1.5",
                "{\"transformer.lora_alpha\": 3, \"transformer.use_rslora\": true}|2.1213203",
                "{\"transformer.lora_alpha\": 3, \"transformer.alpha_pattern\": {\"attention.to_q\": 5}}|2.5",
                "{\"transformer.lora_alpha\": 3, \"transformer.alpha_pattern\": {\"on.to_q\": 5, \".*\": 7}}|1.5",
                "{\"text_encoder.lora_alpha\": 3}|1"
            })
    void theMetadataGivesTheScaleOfModulesWithoutAlpha(String json, float scale) {
        Adapter adapter = read(pair(new SafetensorsWriter(), MODULE).metadata("lora_adapter_metadata", json));
        assertEquals(scale, adapter.change(MODULE).orElseThrow().scale());
    }

    @Test
    void aModulesOwnAlphaWinsOverTheMetadata() {
        Adapter adapter = read(pair(new SafetensorsWriter(), MODULE)
                .floats(MODULE + ".alpha", new float[] {1}, 1)
                .metadata("lora_adapter_metadata", "{\"transformer.lora_alpha\": 30}"));
        assertEquals(0.5f, adapter.change(MODULE).orElseThrow().scale());
    }

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
                        .floats(MODULE + ".lora_A.weight", A, 2, 3)
                        .floats(MODULE + ".lora_B.weight", new float[6], 2, 3));
        assertTrue(message(failure).contains("lora_B.weight must have shape [2, 2] but has [2, 3]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora_A.weight", "lora_B.weight"})
    void halfAPairNamesItsModule(String half) {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID, new SafetensorsWriter().floats(MODULE + "." + half, new float[6], 2, 3));
        assertTrue(
                message(failure).startsWith("test: module " + MODULE + " has " + MODULE + "." + half + " without"),
                message(failure));
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
                            .floats(MODULE + ".lora_A.weight", A, 2, 3)
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
        "magnitude,DoRA",
        "dora_scale,DoRA",
        "lora_magnitude_vector.default.weight,DoRA",
        "lokr_w1_a,LoKr",
        "hada_w1_b,LoHa",
        "oft_blocks,OFT",
        "diff_b,full difference",
        "lora_mid.weight,Tucker decomposition"
    })
    void anotherAlgorithmIsNamedAndNeverHalfApplied(String suffix, String algorithm) {
        String key = "diffusion_model." + MODULE + "." + suffix;
        PipelineException mixed = refused(
                ErrorCode.LORA_INVALID,
                pair(new SafetensorsWriter(), "diffusion_model." + MODULE).floats(key, new float[] {1}, 1));
        assertTrue(message(mixed).contains("it holds " + algorithm), message(mixed));
        PipelineException alone =
                refused(ErrorCode.LORA_NOT_APPLIED, new SafetensorsWriter().floats(key, new float[] {1}, 1));
        assertTrue(message(alone).contains(algorithm), message(alone));
        assertTrue(message(alone).contains(key), message(alone));
    }

    @Test
    void weightsOfAnotherTypeAreRefused() {
        PipelineException failure = refused(
                ErrorCode.LORA_INVALID,
                new SafetensorsWriter()
                        .bytes(MODULE + ".lora_A.weight", "F8_E4M3", new byte[6], 2, 3)
                        .floats(MODULE + ".lora_B.weight", B, 2, 2));
        assertTrue(message(failure).contains("must be F16, BF16, F32 or F64 but is F8_E4M3"), message(failure));
    }

    @ParameterizedTest
    @CsvSource({"504b0304140000000800,a zip", "80028a0a6cfc9c46f920,a pickle"})
    void aPickleIsKnownByItsContent(String start, String what) throws IOException {
        Path file = folder.resolve("adapter.safetensors");
        Files.write(file, HexFormat.of().parseHex(start + "00".repeat(100)));
        PipelineException failure = assertThrows(PipelineException.class, () -> reader().read(of(file)), what);
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertTrue(message(failure).startsWith("test: is a pickle"), message(failure));
    }

    @Test
    void aHeaderWhoseLengthSpellsAZipIsReadAllTheSame() throws IOException {
        // 0x4b50 bytes of header: the file begins with PK.
        byte[] plain = pair(new SafetensorsWriter(), MODULE).toBytes();
        int length = (plain[0] & 0xff) | ((plain[1] & 0xff) << 8);
        String header = new String(plain, 8, length, StandardCharsets.UTF_8);
        byte[] padded = SafetensorsWriter.toBytes(
                header + " ".repeat(0x4b50 - length), Arrays.copyOfRange(plain, 8 + length, plain.length));
        assertEquals("PK", new String(padded, 0, 2, StandardCharsets.US_ASCII));
        Path file = Files.write(folder.resolve("adapter.safetensors"), padded);
        assertTrue(reader().read(of(file)).change(MODULE).isPresent());
    }

    @Test
    void anEmptyOrMissingFileIsRefused() throws IOException {
        Path file = folder.resolve("adapter.safetensors");
        assertEquals(
                "test: cannot be read: NoSuchFileException",
                assertThrows(PipelineException.class, () -> reader().read(of(file)))
                        .getMessage());
        Files.createFile(file);
        assertEquals(
                "test: must hold at least 8 bytes but holds 0",
                assertThrows(PipelineException.class, () -> reader().read(of(file)))
                        .getMessage());
    }

    @Test
    void inspectionNeedsNoShapesAndReadsNoData() {
        Path file = pair(new SafetensorsWriter(), "diffusion_model.layers.99.attention.to_q")
                .floats("diffusion_model.x_embedder.lora_A.weight", new float[] {Float.NaN}, 1, 1)
                .floats("diffusion_model.x_embedder.lora_B.weight", new float[] {Float.NaN}, 1, 1)
                .floats("other", new float[0], 0)
                .write(folder.resolve("seen.safetensors"));
        AdapterReport report = AdapterReader.inspect(
                file, ALIASES, name -> name.startsWith("layers.") || name.startsWith("all_x_embedder."));
        assertEquals(
                new AdapterReport(
                        "seen.safetensors",
                        1,
                        "ai-toolkit lora",
                        List.of(1, 2),
                        List.of("F32"),
                        2,
                        4,
                        List.of("other"),
                        Map.of()),
                report);
    }

    private static SafetensorsWriter pair(SafetensorsWriter writer, String module) {
        return writer.floats(module + ".lora_A.weight", A, 2, 3).floats(module + ".lora_B.weight", B, 2, 2);
    }

    private static AdapterReport sortKeys(AdapterReport report) {
        return new AdapterReport(
                report.name(),
                report.multiplier(),
                report.form(),
                report.ranks(),
                report.dtypes(),
                report.modules(),
                report.matchedKeys(),
                report.unmatchedKeys().stream().sorted().toList(),
                report.metadata());
    }

    private Adapter read(SafetensorsWriter writer) {
        return reader().read(of(writer.write(folder.resolve("adapter.safetensors"))));
    }

    private PipelineException refused(ErrorCode code, SafetensorsWriter writer) {
        PipelineException failure = assertThrows(PipelineException.class, () -> read(writer));
        assertEquals(code, failure.code(), message(failure));
        return failure;
    }

    private static AdapterReader reader() {
        return new AdapterReader(TARGETS, ALIASES);
    }

    private static AdapterFile of(Path file) {
        return new AdapterFile("test", file, "0".repeat(64), 1);
    }
}
