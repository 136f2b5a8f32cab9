package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.adapter.SmallModel.MODULE;
import static dev.atelier.zimage.adapter.SmallModel.SPELLINGS;
import static dev.atelier.zimage.adapter.SmallModel.a;
import static dev.atelier.zimage.adapter.SmallModel.b;
import static dev.atelier.zimage.adapter.SmallModel.file;
import static dev.atelier.zimage.adapter.SmallModel.pair;
import static dev.atelier.zimage.adapter.SmallModel.reader;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.Cancellation;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterReaderTest {
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
                read(new SafetensorsWriter().floats(module + down, a(), 2, 3).floats(module + up, b(), 2, 2));
        LowRank change = pairOf(adapter);
        assertArrayEquals(a(), change.a());
        assertArrayEquals(b(), change.b());
        assertEquals(2, change.rank());
        assertEquals(1f, change.scale());
        assertEquals(form, adapter.report("x", 1).form());
    }

    @Test
    void prefixesNestInAnyOrder() {
        List<String> prefixes = List.of(
                "base_model.model.",
                "base_model.",
                "model.diffusion_model.",
                "diffusion_model.",
                "transformer.",
                "pipe.dit.",
                "pipe.",
                "dit.",
                "unet.",
                "model.",
                "module.",
                "_orig_mod.",
                "lora_unet_",
                "lora_unet__",
                "lora_transformer_",
                "lora_",
                "lycoris_",
                "");
        for (String outer : prefixes) {
            for (String middle : prefixes) {
                for (String inner : List.of("", "transformer.", "diffusion_model.")) {
                    for (String module : List.of(MODULE, MODULE.replace('.', '_'))) {
                        String key = outer + middle + inner + module;
                        assertArrayEquals(
                                a(),
                                pairOf(read(pair(new SafetensorsWriter(), key))).a(),
                                key);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text_encoder.", "lora_te_", "transformer_2.", "xtransformer.", "diffusion_model"})
    void whatOnlyLooksLikeAPrefixIsNone(String prefix) {
        SafetensorsWriter writer = pair(pair(new SafetensorsWriter(), MODULE), prefix + MODULE);
        assertEquals(2, read(writer).report("x", 1).unmatched().count());
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
        assertEquals(AdapterReport.Keys.NONE, adapter.report("x", 1).unmatched());
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16", "F32", "F64"})
    void everyFloatTypeIsReadExactly(DType dtype) {
        Adapter adapter = read(new SafetensorsWriter()
                .floats(MODULE + ".lora_A.weight", dtype, a(), 2, 3)
                .floats(MODULE + ".lora_B.weight", dtype, b(), 2, 2));
        assertArrayEquals(a(), pairOf(adapter).a());
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
                        List.of(1.0),
                        List.of("BF16", "F32"),
                        2,
                        5,
                        AdapterReport.Keys.NONE,
                        AdapterReport.Keys.of(List.of(
                                "layers.7.attention.to_q.lora_A.weight",
                                "layers.7.attention.to_q.lora_B.weight",
                                "text_encoder.something")),
                        Map.of("name", "sks")),
                sortKeys(adapter.report("my adapter", -0.5)));
    }

    @ParameterizedTest
    @CsvSource({"1,0.5", "2,1", "4,2", "0,1"})
    void alphaOverRankIsTheScaleAndZeroMeansTheRank(float alpha, float scale) {
        Adapter adapter = read(pair(new SafetensorsWriter(), MODULE).floats(MODULE + ".alpha", new float[] {alpha}));
        assertEquals(scale, pairOf(adapter).scale());
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
                "{\"transformer.lora_alpha\": 3, \"transformer.alpha_pattern\": {\"on.to_q\": 5}}|1.5",
                "{\"transformer.lora_alpha\": 3, \"transformer.alpha_pattern\": {\"on.to_q\": 5, \".*\": 7}}|3.5",
                "{\"transformer.lora_alpha\": 3, \"transformer.alpha_pattern\": {\"^layers\\\\.\\\\d+\\\\.attention\": 5}}|1.5",
                "{\"transformer.lora_alpha\": 3, \"transformer.alpha_pattern\": {\"^layers\\\\.\\\\d+\\\\.attention.*\": 5}}|2.5",
                "{\"text_encoder.lora_alpha\": 3}|1"
            })
    void theMetadataGivesTheScaleOfModulesWithoutAlpha(String json, float scale) {
        Adapter adapter = read(pair(new SafetensorsWriter(), MODULE).metadata("lora_adapter_metadata", json));
        assertEquals(scale, pairOf(adapter).scale());
    }

    @Test
    void aModulesOwnAlphaWinsOverTheMetadata() {
        Adapter adapter = read(pair(new SafetensorsWriter(), MODULE)
                .floats(MODULE + ".alpha", new float[] {1}, 1)
                .metadata("lora_adapter_metadata", "{\"transformer.lora_alpha\": 30}"));
        assertEquals(0.5f, pairOf(adapter).scale());
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
        assertTrue(SmallModel.read(reader(), file(file)).change(MODULE).isPresent());
    }

    @Test
    void inspectionNeedsNoShapesAndReadsNoData() {
        Path file = pair(new SafetensorsWriter(), "diffusion_model.layers.99.attention.to_q")
                .floats("diffusion_model.x_embedder.lora_A.weight", new float[] {Float.NaN}, 1, 1)
                .floats("diffusion_model.x_embedder.lora_B.weight", new float[] {Float.NaN}, 1, 1)
                .floats("other", new float[0], 0)
                .write(folder.resolve("seen.safetensors"));
        AdapterInspection inspected = AdapterReader.inspect(
                new AdapterSource("seen.safetensors", file, null),
                AdapterModel.ofAnySize(
                        "model",
                        0,
                        List.of(
                                new Target("layers.#.attention.to_q", 9, 9, false),
                                new Target("all_x_embedder.2-1", 9, 9, true)),
                        SPELLINGS,
                        Map.of()));
        assertNull(inspected.problem());
        AdapterReport report = inspected.report();
        assertEquals(
                new AdapterReport(
                        "seen.safetensors",
                        1,
                        "ai-toolkit lora",
                        List.of(1, 2),
                        List.of(),
                        List.of("F32"),
                        2,
                        4,
                        AdapterReport.Keys.NONE,
                        AdapterReport.Keys.of(List.of("other")),
                        Map.of()),
                report);
    }

    private static AdapterReport sortKeys(AdapterReport report) {
        return new AdapterReport(
                report.name(),
                report.multiplier(),
                report.form(),
                report.ranks(),
                report.alphas(),
                report.dtypes(),
                report.modules(),
                report.matchedKeys(),
                report.partlyMatched(),
                AdapterReport.Keys.of(
                        report.unmatched().first().stream().sorted().toList()),
                report.metadata());
    }

    private static LowRank pairOf(Adapter adapter) {
        return (LowRank)
                Objects.requireNonNull(adapter.change(MODULE).orElseThrow().delta());
    }

    /** The weights of both modules are read, then the base weights of both are. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void aReadingStopsBeforeTheNextModuleWhenItIsCancelled(int modules) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String module : List.of(MODULE, "layers.1.attention.to_q")) {
            pair(writer, module).floats(module + ".magnitude", new float[] {1, 1}, 2);
        }
        AdapterFile file = file(writer.write(folder.resolve("adapter.safetensors")));
        AtomicInteger asked = new AtomicInteger();
        Cancellation cancellation = new Cancellation() {
            @Override
            public boolean isCancelled() {
                return asked.incrementAndGet() > modules;
            }

            @Override
            public Registration onCancel(Runnable action) {
                return () -> {};
            }
        };
        assertThrows(CancellationException.class, () -> reader().read(file, bytes -> {}, cancellation));
    }

    private Adapter read(SafetensorsWriter writer) {
        return SmallModel.read(reader(), file(writer.write(folder.resolve("adapter.safetensors"))));
    }
}
