package dev.atelier.zimage.adapter;

/**
 * A whole difference.
 *
 * @param values {@code [out, in]}, row-major
 * @param in columns
 */
@SuppressWarnings("ArrayRecordComponent") // weights are compared by nobody; a copy would cost their size again
record Dense(float[] values, int in) implements Delta {
    @Override
    public void add(int from, int count, float strength, float[] into) {
        Delta.addScaled(strength, values, from * in, into, 0, count * in);
    }

    @Override
    public long bytes() {
        return (long) Float.BYTES * values.length;
    }
}
