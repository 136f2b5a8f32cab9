package dev.atelier.zimage.adapter;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Pattern;

/** What a tensor is to the module that it changes, told by the end of its name. */
enum Part {
    /** A of B(A x): {@code [rank, in]}; alone, a whole difference {@code [out, in]}. */
    DOWN("(?:lora_A|lora_down|lora\\.down)(?:\\.default)?\\.weight"),
    /** B of B(A x): {@code [out, rank]}. */
    UP("(?:lora_B|lora_up|lora\\.up)(?:\\.default)?\\.weight"),
    /** A number; over the rank it is the module's scale. */
    ALPHA("alpha"),
    /** The lengths of the changed weight's rows, {@code [out]} or {@code [out, 1]}, or columns, {@code [1, in]}. */
    MAGNITUDE("(?:magnitude|dora_scale|lora_magnitude_vector)(?:\\.default)?(?:\\.weight)?"),
    /** A whole difference of the weight: {@code [out, in]}. */
    DIFFERENCE("diff"),
    /** A difference of the bias: {@code [out]}. */
    BIAS("diff_b"),
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
    OTHER("(?:(?<family>hada|oft|boft|glora|vera|ia3)_\\w+|(?<tucker>lora_mid|lokr_t2)|(?<glora>[ab][12])"
            + "|(?<bias>lora_B)(?:\\.default)?\\.bias|(?<ia3>on_input)|(?<norm>[wb]_norm)"
            + "|(?<embedding>lora_embedding_[AB])|(?<whole>set_weight|reshape_weight))"
            + "(?:\\.default)?(?:\\.weight)?");

    private static final Map<Part, Pattern> PATTERNS = patterns();

    private final String suffix;

    Part(String suffix) {
        this.suffix = suffix;
    }

    /** What keys end with, part by part; a key fits one at most. The first group is what comes before. */
    static Map<Part, Pattern> ends() {
        return PATTERNS;
    }

    private static Map<Part, Pattern> patterns() {
        Map<Part, Pattern> patterns = new EnumMap<>(Part.class);
        for (Part part : values()) {
            patterns.put(part, Pattern.compile("(.+)\\." + part.suffix));
        }
        return Collections.unmodifiableMap(patterns);
    }
}
