package dev.atelier.zimage.model;

import dev.atelier.zimage.checkpoint.Config;
import java.nio.file.Path;
import java.util.List;

/**
 * The dimensions of the Qwen3 text encoder, from {@code text_encoder/config.json}.
 *
 * @param vocabulary rows of the token embedding
 * @param hidden features of a token; what the captions have
 * @param intermediate features inside the MLP
 * @param layers decoder layers; the last is not needed
 * @param heads query heads
 * @param keyValueHeads key and value heads
 * @param headDim features of one head
 * @param normEps of the RMS norms
 * @param ropeTheta base of the rotation frequencies
 */
public record TextEncoderConfig(
        int vocabulary,
        int hidden,
        int intermediate,
        int layers,
        int heads,
        int keyValueHeads,
        int headDim,
        float normEps,
        double ropeTheta) {
    /** Reads and checks the file; what this encoder cannot do is refused. */
    public static TextEncoderConfig open(Path folder) {
        Config config = Config.open(folder.resolve("config.json"));
        refuse(config);
        int heads = config.positive("num_attention_heads");
        TextEncoderConfig read = new TextEncoderConfig(
                config.positive("vocab_size"),
                config.positive("hidden_size"),
                config.positive("intermediate_size"),
                config.positive("num_hidden_layers"),
                heads,
                config.positive("num_key_value_heads", heads),
                config.positive("head_dim", config.positive("hidden_size") / heads),
                (float) config.number("rms_norm_eps", 1e-6),
                theta(config));
        if (read.heads % read.keyValueHeads != 0) {
            throw config.invalid("num_key_value_heads", "must divide num_attention_heads " + heads);
        }
        if (read.headDim % 2 != 0) {
            throw config.invalid("head_dim", "must be even but is " + read.headDim);
        }
        return read;
    }

    /** Returns the layers whose output is needed: the features are what the last but one gives. */
    public int usedLayers() {
        return layers - 1;
    }

    /** Returns the features of all query heads. */
    public long queryFeatures() {
        return (long) heads * headDim;
    }

    /** Returns the features of all key heads, and of all value heads. */
    public long keyValueFeatures() {
        return (long) keyValueHeads * headDim;
    }

    private static double theta(Config config) {
        return config.object("rope_parameters")
                .map(rope -> rope.number("rope_theta", config.number("rope_theta", 10_000)))
                .orElseGet(() -> config.number("rope_theta", 10_000));
    }

    private static void refuse(Config config) {
        String activation = config.text("hidden_act", "silu");
        if (!activation.equals("silu")) {
            throw config.invalid("hidden_act", "must be silu but is " + activation);
        }
        if (config.flag("attention_bias", false)) {
            throw config.invalid("attention_bias", "must be false");
        }
        if (config.flag("use_sliding_window", false)) {
            throw config.invalid("use_sliding_window", "must be false");
        }
        if (config.texts("layer_types", List.of()).stream().anyMatch(type -> !type.equals("full_attention"))) {
            throw config.invalid("layer_types", "must all be full_attention");
        }
        for (String key : List.of("rope_parameters", "rope_scaling")) {
            config.object(key).ifPresent(rope -> {
                String type = rope.text("rope_type", rope.text("type", "default"));
                if (!type.equals("default")) {
                    throw rope.invalid("rope_type", "must be default but is " + type);
                }
            });
        }
    }
}
