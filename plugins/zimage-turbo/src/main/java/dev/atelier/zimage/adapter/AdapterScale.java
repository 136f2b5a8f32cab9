package dev.atelier.zimage.adapter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.Map;
import java.util.Optional;

/**
 * A module's own scale: alpha over rank, from the module's alpha tensor; else from the file's metadata, where diffusers
 * leaves PEFT's settings; else 1.
 *
 * <p>The metadata's {@code lora_adapter_metadata} is a JSON object whose keys begin with {@code transformer.}:
 * {@code lora_alpha}, {@code use_rslora} (then alpha over the root of the rank) and {@code alpha_pattern}, which gives
 * modules that end in a name their own alpha. PEFT reads these names as regular expressions; here they are literal, as
 * diffusers writes them, so that a file cannot bring an expression that never ends.
 */
final class AdapterScale {
    private static final String METADATA_KEY = "lora_adapter_metadata";
    private static final String PREFIX = "transformer.";
    private static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool()) // a thread's own would keep this plugin loaded
            .build());

    private final String name;
    private final JsonNode settings;

    /**
     * Reads the settings.
     *
     * @param name what messages call the file
     * @param metadata the file's
     */
    AdapterScale(String name, Map<String, String> metadata) {
        this.name = name;
        this.settings = parse(name, metadata.getOrDefault(METADATA_KEY, "{}"));
    }

    /**
     * Returns the scale of a module.
     *
     * @param alpha the value of its alpha tensor; 0 stands for the rank
     */
    float of(String module, int rank, Optional<Float> alpha) {
        if (alpha.isPresent()) {
            return scale(module, alpha.get(), rank, rank);
        }
        boolean rootOfRank = settings.path(PREFIX + "use_rslora").asBoolean(false);
        return setting(module)
                .map(setting -> scale(module, setting, rank, rootOfRank ? Math.sqrt(rank) : rank))
                .orElse(1f);
    }

    /** Returns the alpha that the metadata gives a module, empty when it gives none. */
    Optional<Double> setting(String module) {
        return settings.hasNonNull(PREFIX + "lora_alpha") ? Optional.of(settingFor(module)) : Optional.empty();
    }

    private float scale(String module, double alpha, int rank, double divisor) {
        if (!Double.isFinite(alpha) || alpha < 0) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": module " + module + ": alpha must be finite and not negative but is " + alpha);
        }
        return (float) ((alpha == 0 ? rank : alpha) / divisor);
    }

    private double settingFor(String module) {
        JsonNode patterns = settings.path(PREFIX + "alpha_pattern");
        for (Map.Entry<String, JsonNode> pattern : patterns.properties()) {
            if (module.equals(pattern.getKey()) || module.endsWith("." + pattern.getKey())) {
                return number("alpha_pattern of " + pattern.getKey(), pattern.getValue());
            }
        }
        return number("lora_alpha", settings.path(PREFIX + "lora_alpha"));
    }

    private double number(String what, JsonNode node) {
        if (!node.isNumber()) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": " + METADATA_KEY + ": " + what + " must be a number but is " + node.getNodeType());
        }
        return node.doubleValue();
    }

    private static JsonNode parse(String name, String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": " + METADATA_KEY + " is no valid JSON: " + e.getOriginalMessage(),
                    e);
        }
    }
}
