package dev.atelier.zimage.adapter;

import dev.atelier.plugin.Cancellation;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.SafetensorsOutput;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/**
 * A component's weights with adapters added to them: {@code W' = round(float32(W) + m * s * B A)}, rounded to the type
 * that the model computes with, as ai-toolkit merges an adapter before it draws a preview (toolkit/network_mixins.py,
 * {@code merge_in}). Weights that no adapter changes stay as they are stored.
 */
public final class MergedWeights {
    private static final int BLOCK = 1 << 20;

    private final Checkpoint base;
    private final AdapterStack stack;
    private final DType compute;
    private final CheckpointWeights weights;
    private final Map<String, Target> weightTargets = new HashMap<>();
    private final Map<String, Target> biasTargets = new HashMap<>();

    /**
     * Prepares a merge.
     *
     * @param base the unchanged weights
     * @param targets the weights that adapters may change
     * @param stack the adapters; none of them may hold lengths (DoRA)
     * @param bfloat16 whether the model computes with bfloat16, else with float32
     */
    public MergedWeights(Checkpoint base, List<Target> targets, AdapterStack stack, boolean bfloat16) {
        this.base = base;
        this.stack = stack;
        this.compute = bfloat16 ? DType.BF16 : DType.F32;
        this.weights = new CheckpointWeights(base, bfloat16);
        for (Target target : targets) {
            if (stack.changesWeight(target)) {
                weightTargets.put(target.weightName(), target);
            }
            if (stack.changesBias(target)) {
                biasTargets.put(target.name() + ".bias", target);
            }
        }
    }

    /** Returns the bytes of data that {@link #write} writes. */
    public long bytes() {
        return layout().stream().mapToLong(SafetensorsOutput.Tensor::bytes).sum();
    }

    /**
     * Writes them as one safetensors file, on all processors.
     *
     * @throws CancellationException when it was cancelled; part of the file is there then
     */
    public void write(Path file, Cancellation cancellation) throws IOException {
        List<SafetensorsOutput.Tensor> layout = layout();
        try (SafetensorsOutput output = SafetensorsOutput.create(file, layout)) {
            for (SafetensorsOutput.Tensor tensor : layout) {
                if (cancellation.isCancelled()) {
                    throw new CancellationException();
                }
                write(tensor.name(), output);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private List<SafetensorsOutput.Tensor> layout() {
        List<SafetensorsOutput.Tensor> layout = new ArrayList<>();
        for (String name : base.names()) {
            TensorEntry entry = base.tensor(name);
            boolean merged = weightTargets.containsKey(name) || biasTargets.containsKey(name);
            layout.add(new SafetensorsOutput.Tensor(name, merged ? compute : entry.dtype(), entry.shape()));
        }
        return layout;
    }

    private void write(String name, SafetensorsOutput output) throws IOException {
        Target weight = weightTargets.get(name);
        Target bias = biasTargets.get(name);
        if (weight != null) {
            int most = Math.max(1, BLOCK / weight.in());
            int blocks = (weight.out() + most - 1) / most;
            IntStream.range(0, blocks).parallel().forEach(block -> writeRows(name, weight, block * most, most, output));
        } else if (bias != null) {
            float[] values = weights.vector(name, bias.out());
            stack.addBias(bias, FloatBuffer.wrap(values));
            output.floats(name, 0, values, values.length);
        } else {
            output.copy(base.tensor(name));
        }
    }

    private void writeRows(String name, Target target, int from, int most, SafetensorsOutput output) {
        int count = Math.min(most, target.out() - from);
        float[] rows = weights.rows(target, from, count);
        stack.addRows(target, from, count, rows);
        try {
            output.floats(name, (long) from * target.in(), rows, rows.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
