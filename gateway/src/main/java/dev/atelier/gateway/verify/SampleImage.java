package dev.atelier.gateway.verify;

import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A sample's file, decoded.
 *
 * @param image the pixels
 * @param jpeg how it was encoded; null where it is lossless
 */
record SampleImage(BufferedImage image, @Nullable JpegFormat jpeg) {
    private static final int LARGEST_SIDE = 16_384;
    private static final long MOST_PIXELS = 1 << 26;

    /**
     * Reads a JPEG or PNG file.
     *
     * @throws IOException when it is no such image, is damaged or has more than 64 million pixels
     */
    static SampleImage read(Path file) throws IOException {
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers = in == null ? null : ImageIO.getImageReaders(in);
            if (readers == null || !readers.hasNext()) {
                throw new IOException("'" + file.getFileName() + "' is no image that can be read");
            }
            ImageReader reader = readers.next();
            try {
                AtomicReference<String> warning = new AtomicReference<>();
                reader.setInput(in, true, false);
                reader.addIIOReadWarningListener((source, text) -> warning.set(text));
                checkSize(file, reader.getWidth(0), reader.getHeight(0));
                boolean jpeg = reader.getFormatName().toLowerCase(Locale.ROOT).startsWith("jp");
                JpegFormat format = jpeg ? JpegFormat.of(reader.getImageMetadata(0)) : null;
                BufferedImage image = rgb(reader.read(0));
                if (warning.get() != null) {
                    throw new IOException("'" + file.getFileName() + "' is damaged: " + warning.get());
                }
                return new SampleImage(image, format);
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw new IOException("'" + file.getFileName() + "' is damaged: " + e.getMessage(), e);
            } finally {
                reader.dispose();
            }
        }
    }

    private static void checkSize(Path file, int width, int height) throws IOException {
        if (width > LARGEST_SIDE || height > LARGEST_SIDE || (long) width * height > MOST_PIXELS) {
            throw new IOException("'" + file.getFileName() + "' is too large: " + width + "x" + height);
        }
    }

    /** Returns a pipeline's image in the form that ImageIO encodes. */
    static BufferedImage of(RgbImage image) {
        ImageSize size = image.size();
        BufferedImage copy = new BufferedImage(size.width(), size.height(), BufferedImage.TYPE_3BYTE_BGR);
        byte[] pixels = image.pixels();
        for (int y = 0; y < size.height(); y++) {
            for (int x = 0; x < size.width(); x++) {
                int at = 3 * (y * size.width() + x);
                copy.setRGB(x, y, (pixels[at] & 0xFF) << 16 | (pixels[at + 1] & 0xFF) << 8 | pixels[at + 2] & 0xFF);
            }
        }
        return copy;
    }

    private static BufferedImage rgb(BufferedImage image) {
        if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
            return image;
        }
        BufferedImage copy = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
        copy.getGraphics().drawImage(image, 0, 0, null);
        return copy;
    }
}
