package dev.atelier.zimage.adapter;

/**
 * {@code scale * B A}.
 *
 * @param rank rows of {@code a}, columns of {@code b}; at least 1
 * @param a {@code [rank, in]}, row-major
 * @param b {@code [out, rank]}, row-major
 * @param scale the module's own factor, alpha over rank or 1
 */
@SuppressWarnings("ArrayRecordComponent") // weights are compared by nobody; a copy would cost their size again
record LowRank(int rank, float[] a, float[] b, float scale) implements Delta {
    @Override
    public void add(int from, int count, float strength, float[] into) {
        int in = a.length / rank;
        for (int row = 0; row < count; row++) {
            for (int k = 0; k < rank; k++) {
                float factor = strength * scale * b[(from + row) * rank + k];
                Delta.addScaled(factor, a, k * in, into, row * in, in);
            }
        }
    }

    @Override
    public long bytes() {
        return Float.BYTES * ((long) a.length + b.length);
    }
}
