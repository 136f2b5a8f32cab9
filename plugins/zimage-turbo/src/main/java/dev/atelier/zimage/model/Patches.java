package dev.atelier.zimage.model;

/**
 * Latents {@code [channels, height, width]} as rows of 2x2 patches {@code [height/2 * width/2, 4 * channels]} and back.
 * Patches go row by row; inside one, the channel moves fastest, then the column, then the row.
 */
final class Patches {
    private static final int SIDE = TransformerConfig.PATCH;

    private Patches() {}

    /** Cuts latents into patches. */
    static void cut(float[] latents, int channels, int height, int width, float[] patches) {
        copy(latents, channels, height, width, patches, true);
    }

    /** Joins patches into latents. */
    static void join(float[] patches, int channels, int height, int width, float[] latents) {
        copy(latents, channels, height, width, patches, false);
    }

    private static void copy(float[] latents, int channels, int height, int width, float[] patches, boolean cut) {
        int columns = width / SIDE;
        int features = SIDE * SIDE * channels;
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < height; y++) {
                int latent = (c * height + y) * width;
                int inside = (y % SIDE) * SIDE * channels + c;
                int row = y / SIDE * columns;
                for (int x = 0; x < width; x++) {
                    int patch = (row + x / SIDE) * features + inside + (x % SIDE) * channels;
                    if (cut) {
                        patches[patch] = latents[latent + x];
                    } else {
                        latents[latent + x] = patches[patch];
                    }
                }
            }
        }
    }
}
