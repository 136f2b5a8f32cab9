package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The weights of the transformer as graph calls: weight, bias and what the adapters add. */
final class AdaptedLinears {
    private final Operators ops;
    private final Checkpoint checkpoint;
    private final DataType compute;
    private final AdapterInputs adapters;
    private final Map<String, Target> targets = new HashMap<>();

    AdaptedLinears(
            Operators ops, Checkpoint checkpoint, DataType compute, List<TargetGroup> groups, AdapterForms forms) {
        this.ops = ops;
        this.checkpoint = checkpoint;
        this.compute = compute;
        this.adapters = new AdapterInputs(ops, groups, compute, forms);
        groups.forEach(group -> Stream.concat(group.targets().stream(), group.vectors().stream())
                .forEach(target -> targets.put(target.name(), target)));
    }

    /** Returns W x + bias and what the adapters add, for x {@code [n, in]}. */
    Value apply(String module, Value x) {
        Target target = target(module);
        AdapterInputs.Change change = adapters.of(module);
        Value weight = tensor(module + ".weight", target.out(), target.in());
        Value bias = change.bias() == null ? null : ops.add(tensor(module + ".bias", target.out()), change.bias());
        AdapterInputs.Further further = change.further();
        if (further == null) {
            Value base = bias == null ? ops.linear(x, weight) : ops.linear(x, weight, bias);
            return ops.linear(ops.linear(x, change.a()), change.b(), base);
        }
        Value base = ops.linear(x, weight);
        Value low = ops.linear(ops.linear(x, change.a()), change.b(), ops.multiply(base, further.gain()));
        Value changed = ops.add(base, addFurther(target, x, low, further));
        return bias == null ? changed : ops.add(changed, bias);
    }

    private Value addFurther(Target target, Value x, Value y, AdapterInputs.Further further) {
        Value product = ops.graph()
                .choose(
                        ops.hasRows(further.left()),
                        compute,
                        () -> ops.add(
                                y,
                                ops.multiply(
                                        ops.kronecker(x, further.left(), further.right(), target.out()),
                                        further.scale())),
                        () -> y);
        return ops.graph()
                .choose(
                        ops.hasRows(further.dense()),
                        compute,
                        () -> ops.linear(x, further.dense(), product),
                        () -> product);
    }

    /** Returns the weight of a norm, or a learned token, and what the adapters add. */
    Value vector(String name) {
        Target target = target(name);
        Value weight = tensor(target.weightName(), target.weightShape());
        Value added = adapters.ofVector(name);
        return added == null ? weight : ops.add(weight, added);
    }

    private Target target(String module) {
        Target target = targets.get(module);
        if (target == null) {
            throw new IllegalArgumentException("no adapter group holds " + module);
        }
        return target;
    }

    private Value tensor(String name, long... shape) {
        return ops.graph().weight(checkpoint.expectShape(name, shape), compute);
    }
}
