package dev.atelier.zimage.adapter;

import java.util.List;

/**
 * Linears whose adapters are fed together: as {@code a [rank, sum of in]}, {@code b [sum of out, rank]} and, for those
 * with a bias, {@code bias [sum of out of those]}, in the order of the targets.
 *
 * @param name what the inputs are called: {@code NAME.a}, {@code NAME.b}, {@code NAME.bias}
 * @param targets the linears
 */
public record TargetGroup(String name, List<Target> targets) {
    /** Copies the list. */
    public TargetGroup {
        targets = List.copyOf(targets);
    }
}
