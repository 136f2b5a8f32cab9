package dev.atelier.zimage.adapter;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Pattern;

/** What a tensor is to the module that it changes, told by the end of its name. */
enum Part {
    /** A of B(A x): {@code [rank, in]}; alone, a whole difference {@code [out, in]}. */
    DOWN("(?:lora_A|lora_down|lora\\.down)(?:\\.[\\w-]+)?\\.weight"),
    /** B of B(A x): {@code [out, rank]}. */
    UP("(?:lora_B|lora_up|lora\\.up)(?:\\.[\\w-]+)?\\.weight"),
    /** A number; over the rank it is the module's scale. */
    ALPHA("alpha"),
    /** The lengths of the changed weight's rows, {@code [out]} or {@code [out, 1]}, or columns, {@code [1, in]}. */
    MAGNITUDE("(?:magnitude|dora_scale|lora_magnitude_vector)(?:\\.[\\w-]+)?(?:\\.weight)?"),
    /** A whole difference of the weight: {@code [out, in]}, of a norm {@code [out]}. */
    DIFFERENCE("diff|w_norm"),
    /** A difference of the bias: {@code [out]}. */
    BIAS("diff_b|b_norm"),
    /** The left half of a Hadamard product's first factor, {@code [out, rank]}. */
    FIRST_A("hada_w1_a"),
    /** The right half of a Hadamard product's first factor, {@code [rank, in]}. */
    FIRST_B("hada_w1_b"),
    /** The left half of a Hadamard product's second factor, {@code [out, rank]}. */
    SECOND_A("hada_w2_a"),
    /** The right half of a Hadamard product's second factor, {@code [rank, in]}. */
    SECOND_B("hada_w2_b"),
    /** The left factor of a Kronecker product: {@code [out1, in1]}. */
    LEFT("lokr_w1"),
    /** The left factor as a product, {@code [out1, rank]}. */
    LEFT_A("lokr_w1_a"),
    /** The left factor as a product, {@code [rank, in1]}. */
    LEFT_B("lokr_w1_b"),
    /** The right factor of a Kronecker product: {@code [out2, in2]}. */
    RIGHT("lokr_w2"),
    /** The right factor as a product, {@code [out2, rank]}. */
    RIGHT_A("lokr_w2_a"),
    /** The right factor as a product, {@code [rank, in2]}. */
    RIGHT_B("lokr_w2_b"),
    /** A tensor of an algorithm that is not computed here. */
    OTHER("(?:(?<tucker>lora_mid|lokr_t2|hada_t[12])|(?<glora>[ab][12])|(?<ada>lora_E|ranknum)"
            + "|(?<family>oft|boft|glora|vera|ia3|hada|vblora|fourierft|waveft|hra|shira|c3a|miss|bone|randlora|road"
            + "|delora|gralora|trainable_tokens)_\\w+"
            + "|(?<bias>lora_B(?:\\.[\\w-]+)?\\.bias)|(?<ia3>on_input)|(?<embedding>lora_embedding_[AB])"
            + "|(?<scaled>(?:lora_[AB]|lora_down|lora_up|lora\\.down|lora\\.up)"
            + "\\.(?:scale_weight|weight_scale|scale_input|input_scale|comfy_quant))"
            + "|(?<whole>set_weight|reshape_weight|base_layer\\.weight|base_layer\\.bias|weight|bias))"
            + "(?:\\.default)?(?:\\.weight)?");

    private static final Map<Part, Pattern> PATTERNS = patterns();

    private final String suffix;

    Part(String suffix) {
        this.suffix = suffix;
    }

    /** What keys end with, part by part. The first group is what comes before; the end is as long as it can be. */
    static Map<Part, Pattern> ends() {
        return PATTERNS;
    }

    private static Map<Part, Pattern> patterns() {
        Map<Part, Pattern> patterns = new EnumMap<>(Part.class);
        for (Part part : values()) {
            patterns.put(part, Pattern.compile("(.+?)\\.(?:" + part.suffix + ")"));
        }
        return Collections.unmodifiableMap(patterns);
    }
}
