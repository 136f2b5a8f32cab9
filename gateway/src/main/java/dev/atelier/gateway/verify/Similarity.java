package dev.atelier.gateway.verify;

import java.awt.image.BufferedImage;

/** Measures how much two images of equal size differ. */
final class Similarity {
    private static final int WINDOW = 8;
    private static final double C1 = Math.pow(0.01 * 255, 2);
    private static final double C2 = Math.pow(0.03 * 255, 2);

    private Similarity() {}

    /** Returns the peak signal-to-noise ratio over all channels in dB; infinite for equal images. */
    static double psnr(BufferedImage first, BufferedImage second) {
        long squares = 0;
        int width = first.getWidth();
        int height = first.getHeight();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int one = first.getRGB(x, y);
                int other = second.getRGB(x, y);
                for (int shift = 0; shift <= 16; shift += 8) {
                    int difference = (one >> shift & 0xFF) - (other >> shift & 0xFF);
                    squares += (long) difference * difference;
                }
            }
        }
        double mean = squares / (3.0 * width * height);
        return squares == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(255 * 255 / mean);
    }

    /**
     * Returns the mean structural similarity of the luma (Wang et al. 2004) over windows of 8 by 8 pixels, 1 for equal
     * images.
     */
    static double ssim(BufferedImage first, BufferedImage second) {
        double[][] one = luma(first);
        double[][] other = luma(second);
        double sum = 0;
        long windows = 0;
        int step = WINDOW / 2;
        for (int y = 0; y + WINDOW <= one.length; y += step) {
            for (int x = 0; x + WINDOW <= one[0].length; x += step) {
                sum += window(one, other, x, y);
                windows++;
            }
        }
        return windows == 0 ? 1 : sum / windows;
    }

    private static double window(double[][] one, double[][] other, int left, int top) {
        double a = 0;
        double b = 0;
        double aa = 0;
        double bb = 0;
        double ab = 0;
        for (int y = top; y < top + WINDOW; y++) {
            for (int x = left; x < left + WINDOW; x++) {
                a += one[y][x];
                b += other[y][x];
                aa += one[y][x] * one[y][x];
                bb += other[y][x] * other[y][x];
                ab += one[y][x] * other[y][x];
            }
        }
        double count = WINDOW * WINDOW;
        double meanA = a / count;
        double meanB = b / count;
        double varianceA = aa / count - meanA * meanA;
        double varianceB = bb / count - meanB * meanB;
        double covariance = ab / count - meanA * meanB;
        return (2 * meanA * meanB + C1)
                * (2 * covariance + C2)
                / ((meanA * meanA + meanB * meanB + C1) * (varianceA + varianceB + C2));
    }

    private static double[][] luma(BufferedImage image) {
        double[][] luma = new double[image.getHeight()][image.getWidth()];
        for (int y = 0; y < luma.length; y++) {
            for (int x = 0; x < luma[y].length; x++) {
                int rgb = image.getRGB(x, y);
                luma[y][x] = 0.299 * (rgb >> 16 & 0xFF) + 0.587 * (rgb >> 8 & 0xFF) + 0.114 * (rgb & 0xFF);
            }
        }
        return luma;
    }
}
