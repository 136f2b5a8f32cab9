package dev.atelier.zimage.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.Arrays;

/**
 * The lengths that a trainer gave the rows of a changed weight (DoRA; older LyCORIS: the columns): {@code W' =
 * magnitude * (W + d) / |W + d|} with {@code d = m * delta}, each row on its own.
 *
 * <p>A length follows from three numbers that no strength changes, {@code |W + m delta|^2 = |W|^2 + 2 m W.delta + m^2
 * |delta|^2}, so that the base weight is read once, when the adapter is, and any strength costs nothing more.
 *
 * @param target whose weight this is
 * @param weights where it is read
 * @param byColumn whether columns have lengths instead of rows
 * @param magnitude the wanted lengths
 * @param base |W|^2
 * @param cross W.delta
 * @param own |delta|^2
 */
@SuppressWarnings("ArrayRecordComponent") // weights are compared by nobody; a copy would cost their size again
record Lengths(
        Target target,
        BaseWeights weights,
        boolean byColumn,
        float[] magnitude,
        double[] base,
        double[] cross,
        double[] own) {
    private static final int BLOCK = 1 << 20;

    /** Measures a weight and what is added to it, some rows at a time. */
    static Lengths measure(Target target, Delta delta, float[] magnitude, boolean byColumn, BaseWeights weights) {
        int count = magnitude.length;
        Lengths lengths = new Lengths(
                target, weights, byColumn, magnitude, new double[count], new double[count], new double[count]);
        int most = Math.max(1, Math.min(target.out(), BLOCK / target.in()));
        float[] added = new float[most * target.in()];
        for (int from = 0; from < target.out(); from += most) {
            int rows = Math.min(most, target.out() - from);
            float[] weight = weights.rows(target, from, rows);
            Arrays.fill(added, 0);
            delta.add(from, rows, 1, added);
            for (int row = 0; row < rows; row++) {
                if (byColumn) {
                    lengths.addToColumns(weight, added, row * target.in());
                } else {
                    lengths.addToRow(from + row, weight, added, row * target.in(), target.in());
                }
            }
        }
        return lengths;
    }

    /**
     * Returns what rows or columns of W + m delta are multiplied with.
     *
     * @param file what messages call the file
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when one has no length
     */
    float[] scales(String file, double m) {
        float[] scales = new float[magnitude.length];
        for (int i = 0; i < scales.length; i++) {
            // what cancels out may fall below 0 by rounding
            double length = Math.sqrt(Math.max(0, base[i] + 2 * m * cross[i] + m * m * own[i]));
            scales[i] = (float) (magnitude[i] / length);
            if (!Float.isFinite(scales[i])) {
                throw new PipelineException(
                        ErrorCode.LORA_INVALID,
                        file + ": module " + target.name() + ": " + (byColumn ? "column " : "row ") + i
                                + " of the changed weight must have a length that " + magnitude[i]
                                + " can be divided by but has " + length);
            }
        }
        return scales;
    }

    /** Returns the memory that it takes. */
    long bytes() {
        return magnitude.length * (Float.BYTES + 3L * Double.BYTES);
    }

    private void addToRow(int row, float[] weight, float[] added, int at, int in) {
        double w2 = 0;
        double wd = 0;
        double d2 = 0;
        for (int i = at; i < at + in; i++) {
            double w = weight[i];
            double d = added[i];
            w2 += w * w;
            wd += w * d;
            d2 += d * d;
        }
        base[row] = w2;
        cross[row] = wd;
        own[row] = d2;
    }

    private void addToColumns(float[] weight, float[] added, int at) {
        for (int i = 0; i < base.length; i++) {
            double w = weight[at + i];
            double d = added[at + i];
            base[i] += w * w;
            cross[i] += w * d;
            own[i] += d * d;
        }
    }
}
