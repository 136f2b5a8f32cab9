package dev.atelier.zimage;

/**
 * A picture before it is decoded.
 *
 * @param values {@code [channels, height, width]}
 * @param channels of the latents
 * @param height in latents
 * @param width in latents
 */
record Latents(float[] values, int channels, int height, int width) {
    /** Returns the latents averaged over squares, so that no side is longer than given; these when none is. */
    Latents shrunkTo(int side) {
        int factor = (Math.max(height, width) + side - 1) / side;
        if (factor <= 1) {
            return this;
        }
        int rows = Math.max(1, height / factor);
        int columns = Math.max(1, width / factor);
        float[] means = new float[channels * rows * columns];
        for (int i = 0; i < means.length; i++) {
            int row = i / columns % rows * factor;
            int column = i % columns * factor;
            means[i] = mean(i / (rows * columns), row, column, factor);
        }
        return new Latents(means, channels, rows, columns);
    }

    private float mean(int channel, int top, int left, int side) {
        float sum = 0;
        int count = 0;
        for (int y = top; y < Math.min(top + side, height); y++) {
            for (int x = left; x < Math.min(left + side, width); x++) {
                sum += values[(channel * height + y) * width + x];
                count++;
            }
        }
        return sum / count;
    }
}
