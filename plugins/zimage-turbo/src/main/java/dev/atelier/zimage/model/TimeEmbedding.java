package dev.atelier.zimage.model;

/**
 * The sinusoidal features of a time, {@code [256]}: cosines, then sines. Ported from diffusers'
 * {@code TimestepEmbedder.timestep_embedding} (transformer_z_image.py at 58eb52c080); every operation is rounded to
 * float32 as there.
 */
final class TimeEmbedding {
    private static final double LOG_MAX_PERIOD = Math.log(10_000);

    private TimeEmbedding() {}

    /** Returns the features of a time between 0 (noise) and 1 (image). */
    static float[] of(float time, float scale) {
        int half = TransformerConfig.TIME_FREQUENCIES / 2;
        float scaled = time * scale;
        float[] features = new float[2 * half];
        for (int k = 0; k < half; k++) {
            float exponent = ((float) -LOG_MAX_PERIOD * k) / half;
            float angle = scaled * (float) Math.exp(exponent);
            features[k] = (float) Math.cos(angle);
            features[half + k] = (float) Math.sin(angle);
        }
        return features;
    }
}
