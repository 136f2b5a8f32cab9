package dev.atelier.zimage.adapter;

import java.util.Arrays;

/**
 * The product element by element of two low-rank products (LoHa). It is a low-rank product itself, exactly: {@code (A
 * B) * (C D)} has the columns {@code a_i * c_j} and the rows {@code b_i * d_j}, so that its rank is the product of
 * theirs. Where so many columns and rows are larger than the whole matrix, the matrix is formed.
 */
final class Hadamard {
    private Hadamard() {}

    /**
     * One factor, {@code a b}.
     *
     * @param rank columns of {@code a}, rows of {@code b}
     * @param a {@code [out, rank]}, row-major
     * @param b {@code [rank, in]}, row-major
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Factor(int rank, float[] a, float[] b) {}

    /** Returns the bytes of the product of two factors of these ranks. */
    static long bytes(Target target, long rank1, long rank2) {
        long whole = (long) target.out() * target.in();
        return Float.BYTES * (isLowRank(target, rank1, rank2) ? rank1 * rank2 * (target.out() + target.in()) : whole);
    }

    /** Returns {@code scale} times the product. */
    static Delta product(Factor first, Factor second, Target target, float scale) {
        if (!isLowRank(target, first.rank(), second.rank())) {
            return new Dense(whole(first, second, target, scale), target.in());
        }
        int rank = first.rank() * second.rank();
        return new LowRank(rank, rows(first, second, target.in()), columns(first, second, target.out()), scale);
    }

    private static boolean isLowRank(Target target, long rank1, long rank2) {
        long most = (long) target.out() * target.in() / (target.out() + target.in());
        return rank1 <= most && rank2 <= most && rank1 * rank2 <= most;
    }

    private static float[] rows(Factor first, Factor second, int in) {
        float[] rows = new float[first.rank() * second.rank() * in];
        for (int i = 0; i < first.rank(); i++) {
            for (int j = 0; j < second.rank(); j++) {
                int at = (i * second.rank() + j) * in;
                for (int k = 0; k < in; k++) {
                    rows[at + k] = first.b()[i * in + k] * second.b()[j * in + k];
                }
            }
        }
        return rows;
    }

    private static float[] columns(Factor first, Factor second, int out) {
        float[] columns = new float[out * first.rank() * second.rank()];
        int at = 0;
        for (int row = 0; row < out; row++) {
            for (int i = 0; i < first.rank(); i++) {
                for (int j = 0; j < second.rank(); j++) {
                    columns[at++] = first.a()[row * first.rank() + i] * second.a()[row * second.rank() + j];
                }
            }
        }
        return columns;
    }

    private static float[] whole(Factor first, Factor second, Target target, float scale) {
        int in = target.in();
        float[] values = new float[Math.multiplyExact(target.out(), in)];
        float[] other = new float[in];
        LowRank left = new LowRank(first.rank(), first.b(), first.a(), 1);
        LowRank right = new LowRank(second.rank(), second.b(), second.a(), 1);
        float[] one = new float[in];
        for (int row = 0; row < target.out(); row++) {
            Arrays.fill(one, 0);
            Arrays.fill(other, 0);
            left.add(row, 1, scale, one);
            right.add(row, 1, 1, other);
            for (int i = 0; i < in; i++) {
                values[row * in + i] = one[i] * other[i];
            }
        }
        return values;
    }
}
