package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.Failures.message;
import static dev.atelier.zimage.adapter.SmallModel.MODULE;
import static dev.atelier.zimage.adapter.SmallModel.a;
import static dev.atelier.zimage.adapter.SmallModel.b;
import static dev.atelier.zimage.adapter.SmallModel.reader;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PEFT's adapter_config.json gives its adapter_model.safetensors the strength. */
class PeftFolderTest {
    private static final String KEY = "base_model.model." + MODULE;
    private static final int MUTATIONS = Integer.getInteger("atelier.test.mutations", 300);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'r': 2, 'lora_alpha': 4}|2",
                "{'peft_type': 'LORA', 'r': 2, 'lora_alpha': 4, 'use_rslora': true}|2.828427",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'to_q': 1}}|0.5",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'o_q': 1}}|2",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'layers.0.attention.to_q': 1, 'to_q': 8}}|0.5",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'^layers\\\\.[0-3]\\\\..*': 1}}|0.5",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'layers\\\\.[1-3]\\\\..*': 1}}|2",
                "{'r': 16, 'lora_alpha': 4, 'rank_pattern': {'to_q': 2}}|2",
                "{'r': 2, 'lora_alpha': 4, 'bias': 'none', 'fan_in_fan_out': true, 'modules_to_save': null}|2",
                "{'r': 2, 'lora_alpha': 4, 'init_lora_weights': 'gaussian', 'lora_dropout': 0.5}|2"
            })
    void theConfigGivesTheScale(String config, float scale) throws IOException {
        assertEquals(scale, pair(read(lora(), config)).scale());
    }

    @Test
    void aModulesOwnAlphaAndTheMetadataComeFirst() throws IOException {
        String config = "{'r': 2, 'lora_alpha': 4}";
        assertEquals(
                0.5f,
                pair(read(lora().floats(KEY + ".alpha", new float[] {1}), config))
                        .scale());
        assertEquals(
                3f,
                pair(read(lora().metadata("lora_adapter_metadata", "{\"transformer.lora_alpha\": 6}"), config))
                        .scale());
    }

    @Test
    void theConfigsAlphaIsReported() throws IOException {
        assertEquals(
                List.of(4.0),
                read(lora(), "{'r': 2, 'lora_alpha': 4}").report("x", 1).alphas());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "|must hold a JSON object but holds nothing",
                "{|is no valid JSON (line 1, column 2)",
                "[]|must hold a JSON object but holds a list",
                "{}|r is missing",
                "{'r': 2}|lora_alpha is missing",
                "{'r': 0, 'lora_alpha': 4}|r must be at least 1 but is 0",
                "{'r': '2', 'lora_alpha': 4}|r must be a whole number but is \"2\"",
                "{'r': 2, 'lora_alpha': 'x'}|lora_alpha must be a finite number but is \"x\"",
                "{'r': 2, 'lora_alpha': 0}|lora_alpha must be a number above 0 but is 0.0",
                "{'r': 2, 'lora_alpha': -4}|lora_alpha must be a number above 0 but is -4.0",
                "{'r': 2, 'lora_alpha': 1e999}|lora_alpha must be a finite number",
                "{'r': 4, 'lora_alpha': 4}|r must be the rank of module layers.0.attention.to_q, 2, but is 4",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': []}|alpha_pattern must be an object",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'to_q': 'x'}}|alpha_pattern.to_q must be a finite number",
                "{'r': 2, 'lora_alpha': 4, 'rank_pattern': {'to_q': 1.5}}|rank_pattern of to_q must be a whole number",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'(': 1}}|alpha_pattern must hold names of modules",
                "{'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'((.*)*)*x': 1}}|alpha_pattern must hold names of modules",
                "{'r': 2, 'lora_alpha': 4, 'use_rslora': 1}|use_rslora must be true or false but is 1",
                "{'r': 2, 'lora_alpha': 4, 'use_dora': true}|use_dora is true but module layers.0.attention.to_q has no",
                "{'r': 2, 'lora_alpha': 4, 'bias': 'all'}|bias must be none, because trained biases are not applied",
                "{'r': 2, 'lora_alpha': 4, 'lora_bias': true}|lora_bias must be absent or empty",
                "{'r': 2, 'lora_alpha': 4, 'modules_to_save': ['x_embedder']}|modules_to_save must be absent or empty",
                "{'r': 2, 'lora_alpha': 4, 'layer_replication': [[0, 4]]}|layer_replication must be absent or empty",
                "{'r': 2, 'lora_alpha': 4, 'init_lora_weights': 'pissa_niter_4'}|init_lora_weights is pissa_niter_4",
                "{'peft_type': 'OFT', 'r': 2, 'lora_alpha': 4}|peft_type must be LORA, LOHA or LOKR but is OFT",
                "{'peft_type': 'LOHA', 'r': 2, 'alpha': 4}|peft_type is LOHA but module layers.0.attention.to_q is a lora"
            })
    void aConfigThatIsNotSaneIsNamed(String config, String expected) throws IOException {
        String text = config == null ? "" : config;
        PipelineException failure = assertThrows(PipelineException.class, () -> read(lora(), text));
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertTrue(message(failure).startsWith("test: adapter_config.json: " + expected), message(failure));
    }

    @Test
    void aLokrOfPeftIsScaledAlsoWhereBothFactorsAreWhole() throws IOException {
        SafetensorsWriter lokr = new SafetensorsWriter()
                .floats(KEY + ".lokr_w1", new float[] {1}, 1, 1)
                .floats(KEY + ".lokr_w2", new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        Adapter adapter = read(lokr, "{'peft_type': 'LOKR', 'r': 8, 'alpha': 4}");
        Kronecker product = (Kronecker) Objects.requireNonNull(change(adapter).delta());
        assertEquals(0.5f, product.scale());
    }

    @Test
    void anotherConfigIsAnotherAdapter() throws IOException {
        AdapterFile recorded = file(lora(), "{'r': 2, 'lora_alpha': 4}");
        Files.writeString(Objects.requireNonNull(recorded.config()), "{\"r\": 2, \"lora_alpha\": 8}");
        PipelineException failure = assertThrows(PipelineException.class, () -> SmallModel.read(reader(), recorded));
        assertEquals(ErrorCode.LORA_CHANGED, failure.code());
    }

    @Test
    void everyDamagedConfigIsRefusedClearlyOrHarmless() throws IOException {
        byte[] healthy =
                "{'peft_type': 'LORA', 'r': 2, 'lora_alpha': 4, 'alpha_pattern': {'to_q': 3}, 'use_rslora': false}"
                        .replace('\'', '"')
                        .getBytes(StandardCharsets.UTF_8);
        for (int seed = 0; seed < MUTATIONS; seed++) {
            Random random = new Random(seed);
            byte[] damaged = healthy.clone();
            for (int i = 0; i <= random.nextInt(3); i++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            AdapterFile file = file(lora(), damaged);
            try {
                SmallModel.read(reader(), file);
            } catch (PipelineException e) {
                assertEquals(ErrorCode.LORA_INVALID, e.code(), "seed " + seed);
                assertTrue(message(e).startsWith("test: "), "seed " + seed + ": " + message(e));
            }
        }
    }

    private static SafetensorsWriter lora() {
        return new SafetensorsWriter()
                .floats(KEY + ".lora_A.weight", a(), 2, 3)
                .floats(KEY + ".lora_B.weight", b(), 2, 2);
    }

    private static Change change(Adapter adapter) {
        return adapter.change(MODULE).orElseThrow();
    }

    private static LowRank pair(Adapter adapter) {
        return (LowRank) Objects.requireNonNull(change(adapter).delta());
    }

    private Adapter read(SafetensorsWriter writer, String config) throws IOException {
        return SmallModel.read(reader(), file(writer, config));
    }

    private AdapterFile file(SafetensorsWriter writer, String config) throws IOException {
        return file(writer, config.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private AdapterFile file(SafetensorsWriter writer, byte[] config) throws IOException {
        Files.write(folder.resolve("adapter_config.json"), config);
        return AdapterFiles.of("test", writer.write(folder.resolve("adapter_model.safetensors")), 1);
    }
}
