package dev.atelier.plugin;

/**
 * A picture, 8 bits a channel.
 *
 * @param size its size
 * @param pixels rows from the top, each pixel as red, green, blue; {@code [height, width, 3]}. Owned by the record: not
 *     copied, not to be changed afterwards
 */
@SuppressWarnings("ArrayRecordComponent") // a picture is compared by nobody; a copy would cost its size again
public record RgbImage(ImageSize size, byte[] pixels) {
    /** Checks that the pixels fit the size. */
    public RgbImage {
        long expected = 3L * size.width() * size.height();
        if (pixels.length != expected) {
            throw new IllegalArgumentException(
                    "pixels of " + size + " must be " + expected + " bytes but were " + pixels.length);
        }
    }
}
