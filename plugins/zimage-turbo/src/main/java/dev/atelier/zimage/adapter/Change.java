package dev.atelier.zimage.adapter;

import org.jspecify.annotations.Nullable;

/**
 * What an adapter does to one linear. With strength m: the weight W becomes {@code W + m * delta}, or, with lengths,
 * what {@link Lengths} says; the bias b becomes {@code b + m * bias}.
 *
 * @param delta of the weight; null when only the bias is changed
 * @param lengths of the changed weight's rows or columns; null when they come as they come
 * @param bias difference of the bias, {@code [out]}; null when it stays
 */
@SuppressWarnings("ArrayRecordComponent") // weights are compared by nobody; a copy would cost their size again
record Change(@Nullable Delta delta, @Nullable Lengths lengths, float @Nullable [] bias) {
    /** Says whether a low-rank pair and a bias difference express it. */
    boolean isPlain() {
        return lengths == null && (delta == null || delta instanceof LowRank);
    }

    /** Says whether the outputs of the unchanged weight are scaled. */
    boolean scalesRows() {
        return lengths != null && !lengths.byColumn();
    }

    /** Returns the memory that it takes. */
    long bytes() {
        return (delta == null ? 0 : delta.bytes())
                + (lengths == null ? 0 : lengths.bytes())
                + (bias == null ? 0 : (long) Float.BYTES * bias.length);
    }
}
