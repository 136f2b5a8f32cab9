package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import dev.atelier.zimage.onnx.GraphBuilder;
import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The adapter inputs of the linears and what each linear gets of them. A group of linears is fed as three tensors,
 * because few large inputs beat many small ones: {@code a [rank, sum of in]}, {@code b [sum of out, rank]} and, where a
 * linear has a bias, {@code bias [sum of out of those]}. The rank may differ from run to run and be 0.
 *
 * <p>A graph for {@link AdapterForms#EVERY} has more: per group {@code gain} and {@code scale [sum of out]}, per linear
 * {@code left [out1, products * in1]} and {@code right [products * out2, in2]} of Kronecker products and {@code dense
 * [out, in]}, these three without rows when the linear has none; and per group {@code vectors}, what is added to the
 * weights of its norms and to its learned tokens. A vector's input costs a pass a few additions of one row, but so many
 * of them that a graph for plain adapters does without.
 */
final class AdapterInputs {
    /**
     * The change of one linear.
     *
     * @param a {@code [rank, in]}
     * @param b {@code [out, rank]}, strength included
     * @param bias {@code [out]}; null for a linear without bias
     * @param further what only some forms need; null in a graph for plain ones
     */
    record Change(
            Value a,
            Value b,
            @Nullable Value bias,
            @Nullable Further further) {}

    /**
     * What forms beyond the low-rank one need.
     *
     * @param gain what is added of each output of the unchanged weight, {@code [out]}: what scales it, less 1, because
     *     numbers close to 1 are all 1 in bfloat16
     * @param scale of each output of the Kronecker products, {@code [out]}
     * @param left factors of the products, beside each other
     * @param right factors of the products, below each other
     * @param dense a whole weight to add
     */
    record Further(Value gain, Value scale, Value left, Value right, Value dense) {}

    private final Operators ops;
    private final DataType compute;
    private final AdapterForms forms;
    private final Map<String, Change> byModule = new HashMap<>();
    private final Map<String, Value> vectors = new HashMap<>();

    AdapterInputs(Operators ops, List<TargetGroup> groups, DataType compute, AdapterForms forms) {
        this.ops = ops;
        this.compute = compute;
        this.forms = forms;
        groups.forEach(this::declare);
    }

    /** Returns the change of a module. */
    Change of(String module) {
        Change change = byModule.get(module);
        if (change == null) {
            throw new IllegalArgumentException("no adapter group holds " + module);
        }
        return change;
    }

    /** Returns what is added to a vector; null in a graph for plain forms. */
    @Nullable
    Value ofVector(String name) {
        return vectors.get(name);
    }

    private void declare(TargetGroup group) {
        String rank = "rank_" + group.name();
        List<Target> targets = group.targets();
        List<Target> biased = targets.stream().filter(Target::biased).toList();
        long[] in = targets.stream().mapToLong(Target::in).toArray();
        long[] out = targets.stream().mapToLong(Target::out).toArray();
        List<Value> a = parts(group.name() + ".a", 1, in, rank, sum(in));
        List<Value> b = parts(group.name() + ".b", 0, out, sum(out), rank);
        long[] biasOut = biased.stream().mapToLong(Target::out).toArray();
        List<Value> bias = biased.isEmpty() ? List.of() : parts(group.name() + ".bias", 0, biasOut, sum(biasOut));
        boolean every = forms == AdapterForms.EVERY;
        List<Value> gains = every ? parts(group.name() + ".gain", 0, out, sum(out)) : List.of();
        List<Value> scales = every ? parts(group.name() + ".scale", 0, out, sum(out)) : List.of();
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            int place = biased.indexOf(target);
            byModule.put(
                    target.name(),
                    new Change(
                            a.get(i),
                            b.get(i),
                            place < 0 ? null : bias.get(place),
                            every ? further(target, gains.get(i), scales.get(i)) : null));
        }
        if (every && !group.vectors().isEmpty()) {
            declareVectors(group);
        }
    }

    private void declareVectors(TargetGroup group) {
        long[] lengths = group.vectors().stream().mapToLong(Target::out).toArray();
        List<Value> added = parts(group.name() + ".vectors", 0, lengths, sum(lengths));
        for (int i = 0; i < added.size(); i++) {
            vectors.put(group.vectors().get(i).name(), added.get(i));
        }
    }

    private Further further(Target target, Value gain, Value scale) {
        String name = target.name();
        return new Further(
                gain,
                scale,
                input(name + ".left", "out1_" + name, "columns1_" + name),
                input(name + ".right", "rows2_" + name, "in2_" + name),
                input(name + ".dense", "rows_" + name, (long) target.in()));
    }

    private List<Value> parts(String name, int axis, long[] lengths, Object... dims) {
        Value input = input(name, dims);
        return lengths.length == 1 ? List.of(input) : ops.split(input, axis, lengths);
    }

    private Value input(String name, Object... dims) {
        GraphBuilder graph = ops.graph();
        return graph.cast(graph.input(name, DataType.FLOAT, dims), compute);
    }

    private static long sum(long[] values) {
        return Arrays.stream(values).sum();
    }
}
