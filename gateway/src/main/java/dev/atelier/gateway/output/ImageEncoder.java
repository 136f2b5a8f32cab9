package dev.atelier.gateway.output;

import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Pictures as bytes: baseline JPEG, 4:2:0 at libjpeg's quality 95 without metadata, or PNG. Stateless; needs no
 * display.
 */
public final class ImageEncoder {
    private static final float JPEG_QUALITY = 0.95f;
    private static final float PREVIEW_QUALITY = 0.8f;

    private ImageEncoder() {}

    /** Encodes a picture. */
    public static byte[] encode(RgbImage image, OutputFormat format) {
        return encode(image, format, JPEG_QUALITY);
    }

    /** Encodes a picture that is only looked at for a moment, as a JPEG of few bytes. */
    public static byte[] encodePreview(RgbImage image) {
        return encode(image, OutputFormat.JPEG, PREVIEW_QUALITY);
    }

    private static byte[] encode(RgbImage image, OutputFormat format, float quality) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format.id()).next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // A cache in memory: ImageIO's default is a file in the temporary folder.
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam parameters =
                    format == OutputFormat.JPEG ? jpeg(writer, quality) : writer.getDefaultWriteParam();
            writer.write(null, new IIOImage(view(image), null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written", e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    // ImageIO writes baseline and halves the colour differences both ways, which is 4:2:0, unless told otherwise. Its
    // scale of quality is not libjpeg's, but at 95 both give the same quantisation tables, as a test proves.
    private static ImageWriteParam jpeg(ImageWriter writer, float quality) {
        ImageWriteParam parameters = writer.getDefaultWriteParam();
        parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        parameters.setCompressionQuality(quality);
        return parameters;
    }

    // The pixels are shared with the picture, not copied.
    private static BufferedImage view(RgbImage image) {
        ImageSize size = image.size();
        DataBufferByte pixels = new DataBufferByte(image.pixels(), image.pixels().length);
        WritableRaster raster = Raster.createInterleavedRaster(
                pixels, size.width(), size.height(), 3 * size.width(), 3, new int[] {0, 1, 2}, null);
        ColorModel colors = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, Transparency.OPAQUE, DataBuffer.TYPE_BYTE);
        return new BufferedImage(colors, raster, false, null);
    }
}
