package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import dev.atelier.zimage.onnx.GraphBuilder;
import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The adapter inputs of one group of linears and what each linear gets of them. A group is fed as three tensors,
 * because few large inputs beat many small ones: {@code a [rank, sum of in]}, {@code b [sum of out, rank]} and, where a
 * linear has a bias, {@code bias [sum of out of those]}. The rank may differ from run to run and be 0.
 */
final class AdapterInputs {
    /**
     * The low-rank change of one linear.
     *
     * @param a {@code [rank, in]}
     * @param b {@code [out, rank]}, strength included
     * @param bias {@code [out]}; null for a linear without bias
     */
    record LowRank(Value a, Value b, @Nullable Value bias) {}

    private final Map<String, LowRank> byModule = new HashMap<>();

    AdapterInputs(Operators ops, List<TargetGroup> groups, DataType compute) {
        groups.forEach(group -> declare(ops, group, compute));
    }

    /** Returns the change of a module. */
    LowRank of(String module) {
        LowRank change = byModule.get(module);
        if (change == null) {
            throw new IllegalArgumentException("no adapter group holds " + module);
        }
        return change;
    }

    private void declare(Operators ops, TargetGroup group, DataType compute) {
        String rank = "rank_" + group.name();
        List<Target> targets = group.targets();
        List<Target> biased = targets.stream().filter(Target::biased).toList();
        long[] in = targets.stream().mapToLong(Target::in).toArray();
        long[] out = targets.stream().mapToLong(Target::out).toArray();
        List<Value> a = parts(ops, group.name() + ".a", 1, in, compute, rank, sum(in));
        List<Value> b = parts(ops, group.name() + ".b", 0, out, compute, sum(out), rank);
        long[] biasOut = biased.stream().mapToLong(Target::out).toArray();
        List<Value> bias =
                biased.isEmpty() ? List.of() : parts(ops, group.name() + ".bias", 0, biasOut, compute, sum(biasOut));
        for (int i = 0; i < targets.size(); i++) {
            int place = biased.indexOf(targets.get(i));
            byModule.put(targets.get(i).name(), new LowRank(a.get(i), b.get(i), place < 0 ? null : bias.get(place)));
        }
    }

    private static List<Value> parts(
            Operators ops, String name, int axis, long[] lengths, DataType compute, Object... dims) {
        GraphBuilder graph = ops.graph();
        Value input = graph.cast(graph.input(name, DataType.FLOAT, dims), compute);
        return lengths.length == 1 ? List.of(input) : ops.split(input, axis, lengths);
    }

    private static long sum(long[] values) {
        return java.util.Arrays.stream(values).sum();
    }
}
