package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.nio.file.Path;
import java.util.Arrays;
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
    static final Spellings SPELLINGS = new Spellings(
            Map.of("x_embedder", "all_x_embedder.2-1", "final_layer", "all_final_layer.2-1"),
            Map.of(
                    "attention.qkv",
                    List.of("attention.to_q", "attention.to_k", "attention.to_v"),
                    "attention.out",
                    List.of("attention.to_out.0")));

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
        return new AdapterReader(AdapterModel.ofKnownSize("model", 0, TARGETS, SPELLINGS), SmallModel::ones);
    }

    /** Reads a file that may be as large as it likes. */
    static Adapter read(AdapterReader reader, AdapterFile file) {
        return reader.read(file, bytes -> {}, Cancellation.NEVER);
    }

    /** Base weights of ones. */
    static float[] ones(Target target, int from, int count) {
        float[] values = new float[count * target.in()];
        Arrays.fill(values, 1);
        return values;
    }

    static AdapterFile file(Path file) {
        return AdapterFiles.of("test", file, 1);
    }
}
