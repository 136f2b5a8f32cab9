package dev.atelier.zimage.adapter;

/**
 * What an adapter adds to one linear: {@code strength * scale * B (A x)}.
 *
 * @param rank rows of {@code a}, columns of {@code b}; at least 1
 * @param a {@code [rank, in]}, row-major; not to be changed
 * @param b {@code [out, rank]}, row-major; not to be changed
 * @param scale the module's own factor, alpha over rank or 1
 */
@SuppressWarnings("ArrayRecordComponent") // weights are compared by nobody; a copy would cost their size again
record LowRank(int rank, float[] a, float[] b, float scale) {}
