package dev.atelier.zimage.adapter;

import dev.atelier.zimage.adapter.FurtherTensors.Matrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What several adapters do to one linear together. Low-rank pairs stand in the group's tensors; Kronecker products of
 * one shape are fed as such; what else there is becomes one dense difference.
 *
 * @param target the linear
 * @param applied the adapters' changes
 */
record StackedLinear(Target target, List<Applied> applied) {
    private static final int BLOCK = 1 << 20;
    private static final FloatBuffer NOTHING = direct(0);

    /** Returns the bytes of the dense difference; 0 when there is none. */
    long denseBytes() {
        return sorted().dense().isEmpty() ? 0 : (long) Float.BYTES * target.out() * target.in();
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

    /** Writes what each output of the Kronecker products is scaled with. */
    void writeScale(FloatBuffer into) {
        List<Applied> products = sorted().products();
        float[] rows = products.isEmpty() ? null : products.get(0).rowScales();
        for (int i = 0; i < target.out(); i++) {
            into.put(rows == null ? 1 : rows[i]);
        }
    }

    FurtherTensors further() {
        Sorted sorted = sorted();
        List<Applied> products = sorted.products();
        if (products.isEmpty()) {
            Matrix none = new Matrix(0, 0, NOTHING);
            return new FurtherTensors(none, none, denseMatrix(sorted.dense()));
        }
        Kronecker shape = product(products.get(0));
        int columns = products.size() * shape.in1();
        FloatBuffer left = direct((long) shape.out1() * columns);
        FloatBuffer right = direct((long) products.size() * shape.right().length);
        for (int row = 0; row < shape.out1(); row++) {
            for (Applied one : products) {
                writeRow(product(one), row, one.multiplier(), left);
            }
        }
        products.forEach(one -> right.put(product(one).right()));
        return new FurtherTensors(
                new Matrix(shape.out1(), columns, left.flip()),
                new Matrix(products.size() * shape.out2(), shape.in2(), right.flip()),
                denseMatrix(sorted.dense()));
    }

    private static Kronecker product(Applied one) {
        return (Kronecker) Objects.requireNonNull(one.change().delta());
    }

    private static void writeRow(Kronecker product, int row, double multiplier, FloatBuffer left) {
        float strength = (float) (multiplier * product.scale());
        for (int i = row * product.in1(); i < (row + 1) * product.in1(); i++) {
            left.put(product.left()[i] * strength);
        }
    }

    private Matrix denseMatrix(List<Applied> dense) {
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

    /**
     * The changes that are no pair.
     *
     * @param products fed as Kronecker products: several of one shape, or one alone whose rows are given lengths
     * @param dense what is left
     */
    private record Sorted(List<Applied> products, List<Applied> dense) {}

    private Sorted sorted() {
        List<Applied> products = new ArrayList<>();
        List<Applied> dense = new ArrayList<>();
        for (Applied one : applied) {
            if (one.isProduct() && (products.isEmpty() || one.joins(products.get(0)))) {
                products.add(one);
            } else if (one.change().delta() != null && !one.isPair()) {
                dense.add(one);
            }
        }
        return new Sorted(products, dense);
    }

    /** Direct memory is zero at first. */
    static FloatBuffer direct(long length) {
        return ByteBuffer.allocateDirect(Math.toIntExact(length * Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
