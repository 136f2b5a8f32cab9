package dev.atelier.gateway.metrics;

import dev.atelier.plugin.ImageSize;

/** Sizes as a label: the side of the smallest square of a few that holds as many pixels. */
final class SizeBucket {
    private static final int[] SIDES = {256, 512, 768, 1024, 1536, 2048};
    private static final String LARGER = "larger";

    private SizeBucket() {}

    static String of(ImageSize size) {
        long pixels = (long) size.width() * size.height();
        for (int side : SIDES) {
            if (pixels <= (long) side * side) {
                return Integer.toString(side);
            }
        }
        return LARGER;
    }
}
