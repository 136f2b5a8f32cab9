package dev.atelier.zimage.adapter;

import java.util.List;

/**
 * Weights whose adapters are fed together: those of linears as {@code a [rank, sum of in]}, {@code b [sum of out,
 * rank]} and, for those with a bias, {@code bias [sum of out of those]}, in the order of the targets; what is added to
 * vectors as {@code vectors [sum of their lengths]}.
 *
 * @param name what the inputs are called: {@code NAME.a}, {@code NAME.b}, {@code NAME.bias}, {@code NAME.vectors}
 * @param targets the linears
 * @param vectors weights of norms, and learned tokens
 */
public record TargetGroup(String name, List<Target> targets, List<Target> vectors) {
    /** Copies the lists. */
    public TargetGroup {
        targets = List.copyOf(targets);
        vectors = List.copyOf(vectors);
    }

    /** A group of linears. */
    public TargetGroup(String name, List<Target> targets) {
        this(name, targets, List.of());
    }
}
