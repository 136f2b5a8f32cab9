package dev.atelier.zimage.model;

import java.util.function.IntUnaryOperator;

/**
 * Cosines and sines of the rotary embedding of image and caption tokens, {@code [tokens, headDim / 2]} each. Ported
 * from diffusers' {@code RopeEmbedder} (transformer_z_image.py at 58eb52c080): frequencies in float64, angles cast to
 * float32.
 *
 * @param cos row after row
 * @param sin row after row
 * @param tokens how many rows
 */
record RotaryPositions(float[] cos, float[] sin, int tokens) {
    /** The rotation of caption tokens: token k, padding included, stands at (1 + k, 0, 0). */
    static RotaryPositions ofCaption(TransformerConfig config, int padded) {
        return of(config, padded, token -> 1 + token, token -> 0, token -> 0);
    }

    /**
     * The rotation of image tokens: patch (r, q) stands at (1 + padded caption, r, q), padding at (0, 0, 0).
     *
     * @param rows of patches
     * @param columns of patches
     */
    static RotaryPositions ofImage(TransformerConfig config, int captionPadded, int rows, int columns) {
        int tokens = rows * columns;
        return of(
                config,
                TransformerConfig.padded(tokens),
                token -> token < tokens ? captionPadded + 1 : 0,
                token -> token < tokens ? token / columns : 0,
                token -> token < tokens ? token % columns : 0);
    }

    /** The rotation of Qwen3: frequency by half, positions 0, 1, ...; angles in float32. */
    static RotaryPositions ofText(TextEncoderConfig config, int tokens) {
        int half = config.headDim() / 2;
        float[] cos = new float[tokens * half];
        float[] sin = new float[tokens * half];
        for (int j = 0; j < half; j++) {
            float power = (float) Math.pow(config.ropeTheta(), (float) (2 * j) / config.headDim());
            float frequency = 1 / power;
            for (int token = 0; token < tokens; token++) {
                float angle = token * frequency;
                cos[token * half + j] = (float) Math.cos(angle);
                sin[token * half + j] = (float) Math.sin(angle);
            }
        }
        return new RotaryPositions(cos, sin, tokens);
    }

    private static RotaryPositions of(
            TransformerConfig config,
            int tokens,
            IntUnaryOperator frame,
            IntUnaryOperator row,
            IntUnaryOperator column) {
        int half = config.headDim() / 2;
        float[] cos = new float[tokens * half];
        float[] sin = new float[tokens * half];
        IntUnaryOperator[] axes = {frame, row, column};
        int start = 0;
        for (int axis = 0; axis < axes.length; axis++) {
            int dims = config.axesDims().get(axis);
            for (int j = 0; j < dims / 2; j++) {
                double frequency = 1 / Math.pow(config.ropeTheta(), 2.0 * j / dims);
                for (int token = 0; token < tokens; token++) {
                    float angle = (float) (axes[axis].applyAsInt(token) * frequency);
                    cos[token * half + start + j] = (float) Math.cos(angle);
                    sin[token * half + start + j] = (float) Math.sin(angle);
                }
            }
            start += dims / 2;
        }
        return new RotaryPositions(cos, sin, tokens);
    }

    /** Adds the tables to a run's inputs as {@code PREFIXcos} and {@code PREFIXsin}. */
    void feed(Tensors inputs, String prefix) {
        long half = cos.length / Math.max(1, tokens);
        inputs.floats(prefix + "cos", cos, tokens, half);
        inputs.floats(prefix + "sin", sin, tokens, half);
    }
}
