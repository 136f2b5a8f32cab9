package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the JSON files of a checkpoint. */
final class JsonFile {
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .recyclerPool(JsonRecyclerPools.nonRecyclingPool()) // a thread's own would keep this plugin loaded
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonFile() {}

    /** Reads a file that holds one object. */
    static ObjectNode read(Path file, long maxBytes) {
        try {
            if (!Files.isRegularFile(file)) {
                throw invalid(file, "is missing", null);
            }
            long size = Files.size(file);
            if (size > maxBytes) {
                throw invalid(file, "must be at most " + maxBytes + " bytes but is " + size, null);
            }
            JsonNode node = JSON.readTree(Files.readAllBytes(file));
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw invalid(file, "must hold a JSON object but holds " + node.getNodeType(), null);
        } catch (JsonProcessingException e) {
            throw invalid(file, "is no valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw invalid(file, "cannot be read: " + e, e);
        }
    }

    private static PipelineException invalid(Path file, String what, @Nullable Throwable cause) {
        return new PipelineException(ErrorCode.CHECKPOINT_INVALID, file + ": " + what, cause);
    }
}
