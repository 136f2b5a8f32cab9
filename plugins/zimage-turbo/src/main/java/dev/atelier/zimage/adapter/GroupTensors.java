package dev.atelier.zimage.adapter;

import java.nio.FloatBuffer;

/**
 * What a group of linears is fed: direct buffers in native order, each from position 0, not to be written. They serve
 * every pass with the same adapters.
 *
 * @param rank of all adapters together; 0 when none touches the group
 * @param a {@code [rank, sum of in]}
 * @param b {@code [sum of out, rank]}, strengths included
 * @param bias {@code [sum of out of the linears with a bias]}; empty when none has one
 */
public record GroupTensors(int rank, FloatBuffer a, FloatBuffer b, FloatBuffer bias) {}
