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

/** The linears of the transformer as graph calls: weight, bias and what the adapters add. */
final class AdaptedLinears {
    private final Operators ops;
    private final Checkpoint checkpoint;
    private final DataType compute;
    private final AdapterInputs adapters;
    private final Map<String, Target> targets = new HashMap<>();

    AdaptedLinears(Operators ops, Checkpoint checkpoint, DataType compute, List<TargetGroup> groups) {
        this.ops = ops;
        this.checkpoint = checkpoint;
        this.compute = compute;
        this.adapters = new AdapterInputs(ops, groups, compute);
        groups.forEach(group -> group.targets().forEach(target -> targets.put(target.name(), target)));
    }

    /** Returns W x + bias + B (A x) for x {@code [n, in]}. */
    Value apply(String module, Value x) {
        Target target = targets.get(module);
        if (target == null) {
            throw new IllegalArgumentException("no adapter group holds " + module);
        }
        AdapterInputs.LowRank change = adapters.of(module);
        Value weight = tensor(module + ".weight", target.out(), target.in());
        Value base = change.bias() == null
                ? ops.linear(x, weight)
                : ops.linear(x, weight, ops.add(tensor(module + ".bias", target.out()), change.bias()));
        return ops.linear(ops.linear(x, change.a()), change.b(), base);
    }

    /** Returns another weight of the checkpoint in the compute type, its shape checked. */
    Value tensor(String name, long... shape) {
        return ops.graph().weight(checkpoint.expectShape(name, shape), compute);
    }
}
