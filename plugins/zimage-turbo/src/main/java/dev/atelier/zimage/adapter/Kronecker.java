package dev.atelier.zimage.adapter;

/**
 * {@code scale * kron(left, right)}.
 *
 * @param left {@code [out1, in1]}, row-major
 * @param out1 rows of {@code left}
 * @param right {@code [out2, in2]}, row-major
 * @param out2 rows of {@code right}
 * @param scale the module's own factor
 */
@SuppressWarnings("ArrayRecordComponent") // weights are compared by nobody; a copy would cost their size again
record Kronecker(float[] left, int out1, float[] right, int out2, float scale) implements Delta {
    /** Returns the columns of {@code left}. */
    int in1() {
        return left.length / out1;
    }

    /** Returns the columns of {@code right}. */
    int in2() {
        return right.length / out2;
    }

    boolean hasShapeOf(Kronecker other) {
        return out1 == other.out1 && out2 == other.out2 && in1() == other.in1() && in2() == other.in2();
    }

    @Override
    public void add(int from, int count, float strength, float[] into) {
        int in1 = in1();
        int in2 = in2();
        for (int row = 0; row < count; row++) {
            int leftRow = (from + row) / out2 * in1;
            int rightRow = (from + row) % out2 * in2;
            for (int i = 0; i < in1; i++) {
                float factor = strength * scale * left[leftRow + i];
                Delta.addScaled(factor, right, rightRow, into, (row * in1 + i) * in2, in2);
            }
        }
    }

    @Override
    public long bytes() {
        return Float.BYTES * ((long) left.length + right.length);
    }
}
