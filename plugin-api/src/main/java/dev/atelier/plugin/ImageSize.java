package dev.atelier.plugin;

/**
 * A picture's size.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 */
public record ImageSize(int width, int height) {
    /** Checks both sides. */
    public ImageSize {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("image size must be positive but was " + width + "x" + height);
        }
    }

    /** Returns this size with both sides floored to a multiple of the divisor, but at least the divisor. */
    public ImageSize floorTo(int divisor) {
        return new ImageSize(
                Math.max(divisor, width / divisor * divisor), Math.max(divisor, height / divisor * divisor));
    }

    /** Returns {@code WIDTHxHEIGHT}. */
    @Override
    public String toString() {
        return width + "x" + height;
    }
}
