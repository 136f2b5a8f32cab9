package dev.atelier.zimage.adapter;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A change of one linear at a strength, and by which way it is fed.
 *
 * @param change the change
 * @param multiplier its strength
 * @param scales of the changed weight's rows or columns; null when they stay as they come
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Applied(Change change, double multiplier, float @Nullable [] scales) {
    static Applied of(Change change, AdapterStack.Entry entry) {
        Lengths lengths = change.lengths();
        double multiplier = entry.multiplier();
        return new Applied(change, multiplier, lengths == null ? null : lengths.scales(entry.name(), multiplier));
    }

    /** Says whether it is fed as a low-rank pair. */
    boolean isPair() {
        return isPair(change);
    }

    static boolean isPair(Change change) {
        Lengths lengths = change.lengths();
        return change.delta() instanceof LowRank && (lengths == null || !lengths.byColumn());
    }

    /** Says whether it could be fed as a Kronecker product. */
    boolean isProduct() {
        return change.delta() instanceof Kronecker && (scales == null || change.scalesRows());
    }

    /** Says whether it could be fed as one sum with another product: of the same shape, and neither scaled. */
    boolean joins(Applied other) {
        return change.delta() instanceof Kronecker own
                && other.change().delta() instanceof Kronecker first
                && own.hasShapeOf(first)
                && scales == null
                && other.scales() == null;
    }

    /** Returns what each output of the unchanged weight is scaled with; null for 1. */
    float @Nullable [] rowScales() {
        Lengths lengths = change.lengths();
        return lengths == null || lengths.byColumn() ? null : scales;
    }

    /** Adds rows of what it adds to the weight. */
    void addRows(Target target, int from, int count, float[] into) {
        Delta delta = change.delta();
        Lengths lengths = change.lengths();
        float strength = (float) multiplier;
        if (delta == null) {
            return;
        }
        if (lengths == null || scales == null) {
            delta.add(from, count, strength, into);
        } else if (lengths.byColumn()) {
            addScaledColumns(delta, lengths.weights().rows(target, from, count), from, count, into);
        } else {
            float[] row = new float[target.in()];
            for (int i = 0; i < count; i++) {
                Arrays.fill(row, 0);
                delta.add(from + i, 1, strength, row);
                Delta.addScaled(scales[from + i], row, 0, into, i * target.in(), target.in());
            }
        }
    }

    /** The columns of the whole weight are scaled, so that what is added holds W (c - 1), too. */
    private void addScaledColumns(Delta delta, float[] weight, int from, int count, float[] into) {
        float[] added = new float[weight.length];
        delta.add(from, count, (float) multiplier, added);
        int in = weight.length / count;
        for (int i = 0; i < weight.length; i++) {
            float scale = scales == null ? 1 : scales[i % in];
            into[i] += (scale - 1) * weight[i] + scale * added[i];
        }
    }
}
