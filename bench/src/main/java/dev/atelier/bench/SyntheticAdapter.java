package dev.atelier.bench;

import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.SafetensorsOutput;
import dev.atelier.zimage.checkpoint.SafetensorsOutput.Tensor;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.ZImageModules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Writes adapters with random weights for the linears that a trainer changes: attention, feed-forward, modulation. */
final class SyntheticAdapter {
    /** Which form to write. */
    enum Form {
        /** Low-rank pairs. */
        LORA,
        /** Low-rank pairs with lengths. */
        DORA,
        /** Kronecker products of whole factors; the rank is the left factor's side. */
        LOKR
    }

    private static final float SPREAD = 0.02f;

    private final List<Tensor> tensors = new ArrayList<>();

    private SyntheticAdapter() {}

    /**
     * Writes an adapter in bfloat16.
     *
     * @param transformer the folder of the model's transformer
     */
    static Path write(Path file, Path transformer, Form form, int rank, long seed) throws IOException {
        SyntheticAdapter adapter = new SyntheticAdapter();
        ZImageModules.transformer(TransformerConfig.open(transformer)).stream()
                .filter(group -> group.name().startsWith("layers."))
                .flatMap(group -> group.targets().stream())
                .forEach(target ->
                        adapter.add("diffusion_model." + target.name(), target.out(), target.in(), form, rank));
        adapter.write(file, new SplittableRandom(seed));
        return file;
    }

    private void add(String module, int out, int in, Form form, int rank) {
        if (form == Form.LOKR) {
            int rows = divisor(out, rank);
            int columns = divisor(in, rank);
            add(module + ".lokr_w1", rows, columns);
            add(module + ".lokr_w2", out / rows, in / columns);
            return;
        }
        add(module + ".lora_A.weight", rank, in);
        add(module + ".lora_B.weight", out, rank);
        if (form == Form.DORA) {
            add(module + ".magnitude", out);
        }
    }

    private void add(String name, long... shape) {
        tensors.add(new Tensor(name, DType.BF16, Arrays.stream(shape).boxed().toList()));
    }

    private static int divisor(int length, int most) {
        int divisor = most;
        while (length % divisor != 0) {
            divisor--;
        }
        return divisor;
    }

    private void write(Path file, SplittableRandom random) throws IOException {
        try (SafetensorsOutput output = SafetensorsOutput.create(file, tensors)) {
            for (Tensor tensor : tensors) {
                float[] values = new float[Math.toIntExact(tensor.bytes() / Short.BYTES)];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (random.nextDouble() * 2 - 1) * SPREAD;
                }
                output.floats(tensor.name(), 0, values, values.length);
            }
        }
    }
}
