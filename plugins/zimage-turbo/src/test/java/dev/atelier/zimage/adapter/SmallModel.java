package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A model of four linears and what tests feed it. */
final class SmallModel {
    /** A linear of the model, from 3 to 2 features. */
    static final String MODULE = "layers.0.attention.to_q";

    static final List<Target> TARGETS = List.of(
            new Target(MODULE, 2, 3, false),
            new Target("layers.1.attention.to_q", 2, 3, false),
            new Target("all_x_embedder.2-1", 2, 3, true),
            new Target("all_final_layer.2-1.linear", 2, 3, true));
    static final Map<String, String> ALIASES =
            Map.of("x_embedder", "all_x_embedder.2-1", "final_layer", "all_final_layer.2-1");

    private static final float[] A = {1, 2, 3, 4, 5, 6};
    private static final float[] B = {7, 8, 9, 10};

    private SmallModel() {}

    /** Returns A of rank 2. */
    static float[] a() {
        return A.clone();
    }

    /** Returns B of rank 2. */
    static float[] b() {
        return B.clone();
    }

    /** Adds a pair of rank 2. */
    static SafetensorsWriter pair(SafetensorsWriter writer, String module) {
        return writer.floats(module + ".lora_A.weight", A, 2, 3).floats(module + ".lora_B.weight", B, 2, 2);
    }

    static AdapterReader reader() {
        return new AdapterReader(TARGETS, ALIASES);
    }

    static AdapterFile file(Path file) {
        return new AdapterFile("test", file, "0".repeat(64), 1);
    }
}
