package dev.atelier.zimage.adapter;

import dev.atelier.zimage.adapter.FurtherTensors.Matrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What several adapters do to one linear together. Low-rank pairs stand in the group's tensors; one Kronecker product
 * is fed as such; what else there is becomes one dense difference.
 *
 * @param target the linear
 * @param applied the adapters' changes
 */
record StackedLinear(Target target, List<Applied> applied) {
    private static final int BLOCK = 1 << 20;
    private static final FloatBuffer NOTHING = direct(0);

    /** Returns the bytes of the dense difference; 0 when there is none. */
    long denseBytes() {
        return dense().isEmpty() ? 0 : (long) Float.BYTES * target.out() * target.in();
    }

    /**
     * Writes what is added of each output of the unchanged weight. Several adapters add up what each alone changes, as
     * PEFT does.
     */
    void writeGain(FloatBuffer into) {
        double[] gain = new double[target.out()];
        for (Applied one : applied) {
            float[] rows = one.rowScales();
            for (int i = 0; rows != null && i < gain.length; i++) {
                gain[i] += rows[i] - 1.0;
            }
        }
        for (double value : gain) {
            into.put((float) value);
        }
    }

    FurtherTensors further() {
        Matrix left = new Matrix(0, 0, NOTHING);
        Matrix right = left;
        for (Applied one : applied) {
            if (one.isProduct() && one.change().delta() instanceof Kronecker product) {
                left = left(product, one.multiplier());
                right = new Matrix(product.out2(), product.in2(), copy(product.right()));
                break;
            }
        }
        return new FurtherTensors(left, right, denseMatrix());
    }

    private static Matrix left(Kronecker product, double multiplier) {
        float strength = (float) (multiplier * product.scale());
        float[] values = product.left().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] *= strength;
        }
        return new Matrix(product.out1(), product.in1(), copy(values));
    }

    private Matrix denseMatrix() {
        List<Applied> dense = dense();
        if (dense.isEmpty()) {
            return new Matrix(0, target.in(), NOTHING);
        }
        FloatBuffer values = direct((long) target.out() * target.in());
        int most = Math.max(1, Math.min(target.out(), BLOCK / target.in()));
        float[] block = new float[most * target.in()];
        for (int from = 0; from < target.out(); from += most) {
            int rows = Math.min(most, target.out() - from);
            Arrays.fill(block, 0);
            for (Applied one : dense) {
                one.addRows(target, from, rows, block);
            }
            values.put(block, 0, rows * target.in());
        }
        return new Matrix(target.out(), target.in(), values.flip());
    }

    /** What is neither a pair nor the first product. */
    private List<Applied> dense() {
        List<Applied> dense = new ArrayList<>();
        boolean product = false;
        for (Applied one : applied) {
            if (one.isProduct() && !product) {
                product = true;
            } else if (one.change().delta() != null && !one.isPair()) {
                dense.add(one);
            }
        }
        return dense;
    }

    private static FloatBuffer copy(float[] values) {
        return direct(values.length).put(values).flip();
    }

    /** Direct memory is zero at first. */
    static FloatBuffer direct(long length) {
        return ByteBuffer.allocateDirect(Math.toIntExact(length * Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
