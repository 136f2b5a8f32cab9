package dev.atelier.zimage.adapter;

import java.nio.FloatBuffer;

/**
 * What one linear is fed besides its group's tensors: direct buffers in native order, each from position 0, not to be
 * written. Shapes are {@code [0, 0]} or {@code [0, in]} for what it does not need.
 *
 * @param left factors of Kronecker products, {@code [out1, products * in1]}, strengths included
 * @param right factors of these products, {@code [products * out2, in2]}
 * @param dense to be added to the weight
 */
public record FurtherTensors(Matrix left, Matrix right, Matrix dense) {
    /**
     * A matrix, row-major.
     *
     * @param rows how many
     * @param columns how many
     * @param values {@code [rows, columns]}
     */
    public record Matrix(int rows, int columns, FloatBuffer values) {}
}
