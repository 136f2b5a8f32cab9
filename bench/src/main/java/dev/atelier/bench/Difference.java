package dev.atelier.bench;

import dev.atelier.plugin.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** How far results are from the expected ones. */
final class Difference {
    private Difference() {}

    /**
     * How far a picture is.
     *
     * @param mean absolute difference, of 255
     * @param worst difference, of 255
     * @param psnr peak signal to noise ratio in dB; infinite for equal pictures
     */
    record Picture(double mean, int worst, double psnr) {}

    /** Returns the norm of the difference over the norm of what was expected. */
    static double relative(float[] expected, float[] actual) {
        if (expected.length != actual.length) {
            throw new IllegalArgumentException("expected " + expected.length + " numbers but got " + actual.length);
        }
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            double d = actual[i] - (double) expected[i];
            difference += d * d;
            norm += expected[i] * (double) expected[i];
        }
        return Math.sqrt(difference / norm);
    }

    /** Compares a picture with a PNG file. */
    static Picture picture(Path expectedFile, RgbImage actual) throws IOException {
        BufferedImage expected = ImageIO.read(expectedFile.toFile());
        if (expected.getWidth() != actual.size().width()
                || expected.getHeight() != actual.size().height()) {
            throw new IllegalArgumentException(expectedFile + " is " + expected.getWidth() + "x" + expected.getHeight()
                    + " but " + actual.size() + " was drawn");
        }
        byte[] pixels = actual.pixels();
        long sum = 0;
        long squares = 0;
        int worst = 0;
        for (int i = 0; i < pixels.length; i++) {
            int rgb = expected.getRGB(i / 3 % expected.getWidth(), i / 3 / expected.getWidth());
            int difference = Math.abs((rgb >> (16 - 8 * (i % 3)) & 0xff) - (pixels[i] & 0xff));
            sum += difference;
            squares += (long) difference * difference;
            worst = Math.max(worst, difference);
        }
        double psnr = 10 * Math.log10(255.0 * 255.0 * pixels.length / squares);
        return new Picture(sum / (double) pixels.length, worst, psnr);
    }
}
