package dev.atelier.gateway.verify;

import java.awt.image.BufferedImage;
import java.io.IOException;

/**
 * How close a sample's file is to the image generated here.
 *
 * @param psnr of the file against the generated image, in dB; infinite for equal pixels
 * @param floor of the generated image against its own encoding as the file was encoded, in dB; infinite where the file
 *     is lossless
 * @param ssim of the file against the generated image
 */
public record Score(double psnr, double floor, double ssim) {
    private static final double LOSSLESS_MATCH = 48;
    private static final double LOSSLESS_FLOOR = 49;

    /** Compares images of equal size. */
    static Score of(SampleImage sample, BufferedImage generated) throws IOException {
        JpegFormat jpeg = sample.jpeg();
        double floor = jpeg == null ? Double.POSITIVE_INFINITY : Similarity.psnr(generated, jpeg.reencoded(generated));
        return new Score(Similarity.psnr(generated, sample.image()), floor, Similarity.ssim(generated, sample.image()));
    }

    /** Returns by how many dB the file lies below the best score that its encoding allows; never negative. */
    double gap() {
        if (floor == Double.POSITIVE_INFINITY) {
            return psnr >= LOSSLESS_MATCH ? 0 : LOSSLESS_FLOOR - psnr;
        }
        return psnr == Double.POSITIVE_INFINITY ? 0 : Math.max(0, floor - psnr);
    }
}
