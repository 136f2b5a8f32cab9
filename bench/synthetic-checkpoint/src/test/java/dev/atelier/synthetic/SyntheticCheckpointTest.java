package dev.atelier.synthetic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticCheckpointTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path temp;

    private Path tokenizer;

    @BeforeEach
    void writeATokenizer() throws IOException {
        tokenizer = Files.createDirectories(temp.resolve("a-tokenizer"));
        Files.writeString(tokenizer.resolve("tokenizer.json"), "{}");
    }

    @Test
    void writesEveryTensorOnceWithTheShapeThatTheConfigurationImplies() throws IOException {
        Path folder = temp.resolve("tiny");
        Presets.tiny(1).writeTo(folder, tokenizer);

        Map<String, JsonNode> tensors = readHeaders(folder.resolve("transformer"));

        assertEquals(Presets.tiny(1).transformer().shape().tensors().size(), tensors.size());
        assertEquals(
                "[96,32]", tensors.get("all_x_embedder.2-1.weight").get("shape").toString());
        assertEquals(
                "[256,96]",
                tensors.get("layers.2.feed_forward.w1.weight").get("shape").toString());
        assertEquals(
                "[24]",
                tensors.get("layers.0.attention.norm_q.weight").get("shape").toString());
        assertEquals(
                "F16",
                tensors.get("layers.0.attention.norm_q.weight").get("dtype").asText());
    }

    @Test
    void theIndexNamesTheFileOfEachTensor() throws IOException {
        Path folder = temp.resolve("tiny");
        Presets.tiny(1).writeTo(folder, tokenizer);

        Path part = folder.resolve("text_encoder");
        JsonNode weightMap = JSON.readTree(
                        part.resolve("model.safetensors.index.json").toFile())
                .get("weight_map");

        assertEquals(readHeaders(part).keySet(), keys(weightMap));
        for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
            assertTrue(readHeader(part.resolve(entry.getValue().asText())).has(entry.getKey()), entry.getKey());
        }
    }

    @Test
    void weightsDoNotDependOnSharding() throws IOException {
        Stored sharded = Presets.tiny(7).vae();
        Stored whole = Stored.whole(sharded.shape(), sharded.type());
        SyntheticCheckpoint tiny = Presets.tiny(7);
        tiny.writeTo(temp.resolve("sharded"), tokenizer);
        new SyntheticCheckpoint(tiny.transformer(), tiny.textEncoder(), whole, tiny.schedule(), 7)
                .writeTo(temp.resolve("whole"), tokenizer);

        assertEquals(readVae("sharded"), readVae("whole"));
    }

    @Test
    void roundsHalfPrecisionToTheNearest() {
        assertEquals(0x3C00, bits(StorageType.F16, 1f));
        assertEquals(0x3555, bits(StorageType.F16, 1 / 3f));
        assertEquals(0xC000, bits(StorageType.F16, -2f));
        assertEquals(0x0001, bits(StorageType.F16, 0x1p-24f));
        assertEquals(0x7BFF, bits(StorageType.F16, 65504f));
        assertEquals(0x3F80, bits(StorageType.BF16, 1f));
        assertEquals(0x3EAB, bits(StorageType.BF16, 1 / 3f));
    }

    @Test
    void theRealPresetHasTheRealNumberOfParameters() {
        SyntheticCheckpoint real = Presets.real(StorageType.F32, 0);

        assertEquals(6_154_908_736L, real.transformer().shape().parameters());
        assertEquals(4_022_468_096L, real.textEncoder().shape().parameters());
        assertEquals(83_819_683L, real.vae().shape().parameters());
    }

    private static int bits(StorageType type, float value) {
        ByteBuffer buffer = ByteBuffer.allocate(2);
        type.put(buffer, value);
        return buffer.flip().getShort() & 0xFFFF;
    }

    private Map<String, ByteBuffer> readVae(String name) throws IOException {
        Map<String, ByteBuffer> tensors = new LinkedHashMap<>();
        for (Path file : safetensors(temp.resolve(name).resolve("vae"))) {
            ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int start = 8 + (int) content.getLong(0);
            for (Map.Entry<String, JsonNode> entry : readHeader(file).properties()) {
                JsonNode range = entry.getValue().get("data_offsets");
                if (range != null) {
                    int from = start + range.get(0).asInt();
                    tensors.put(
                            entry.getKey(),
                            content.slice(from, start + range.get(1).asInt() - from));
                }
            }
        }
        return tensors;
    }

    private static Map<String, JsonNode> readHeaders(Path folder) throws IOException {
        Map<String, JsonNode> tensors = new LinkedHashMap<>();
        for (Path file : safetensors(folder)) {
            readHeader(file).properties().forEach(entry -> tensors.put(entry.getKey(), entry.getValue()));
        }
        tensors.remove("__metadata__");
        return tensors;
    }

    private static JsonNode readHeader(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        int length =
                (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return JSON.readTree(content, 8, length);
    }

    private static List<Path> safetensors(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .toList();
        }
    }

    private static Set<String> keys(JsonNode object) {
        Set<String> keys = new HashSet<>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }
}
