package dev.atelier.gateway.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageEncoderTest {
    // The standard's example tables (ITU-T T.81, annex K.1), each value as libjpeg and Pillow scale it at quality 95,
    // (value * 10 + 50) / 100, in the file's zigzag order.
    private static final byte[] LUMINANCE = HexFormat.of()
            .parseHex("0201010101010201010102020202020403020202020504040304060506060605"
                    + "060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0a");
    private static final byte[] CHROMINANCE = HexFormat.of()
            .parseHex("020202020202050303050a0706070a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
                    + "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a");

    private static RgbImage picture(int width, int height) {
        byte[] pixels = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int at = 3 * (y * width + x);
                pixels[at] = (byte) (x * 255 / width);
                pixels[at + 1] = (byte) (y * 255 / height);
                pixels[at + 2] = (byte) (255 - x * 255 / width);
            }
        }
        return new RgbImage(new ImageSize(width, height), pixels);
    }

    /** The segments of a JPEG file before its scan, by marker; the tables of a marker that comes twice are joined. */
    private static Map<Integer, byte[]> segments(byte[] jpeg) {
        assertEquals(0xffd8, (jpeg[0] & 0xff) << 8 | jpeg[1] & 0xff);
        Map<Integer, byte[]> segments = new LinkedHashMap<>();
        int at = 2;
        int marker;
        do {
            assertEquals(0xff, jpeg[at] & 0xff);
            marker = jpeg[at + 1] & 0xff;
            int length = (jpeg[at + 2] & 0xff) << 8 | jpeg[at + 3] & 0xff;
            byte[] body = Arrays.copyOfRange(jpeg, at + 4, at + 2 + length);
            segments.merge(marker, body, ImageEncoderTest::join);
            at += 2 + length;
        } while (marker != 0xda);
        return segments;
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @Test
    void writesThePillowTablesOfQuality95() {
        byte[] tables = segments(ImageEncoder.encode(picture(64, 48), OutputFormat.JPEG))
                .get(0xdb);

        assertEquals(130, tables.length);
        assertEquals(0, tables[0], "eight bits, table 0");
        assertArrayEquals(LUMINANCE, Arrays.copyOfRange(tables, 1, 65));
        assertEquals(1, tables[65], "eight bits, table 1");
        assertArrayEquals(CHROMINANCE, Arrays.copyOfRange(tables, 66, 130));
    }

    @Test
    void writesBaselineWithHalvedColourDifferences() {
        Map<Integer, byte[]> segments = segments(ImageEncoder.encode(picture(64, 48), OutputFormat.JPEG));

        byte[] frame = segments.get(0xc0);
        assertEquals(8, frame[0], "bits per sample");
        assertEquals(48, (frame[1] & 0xff) << 8 | frame[2] & 0xff, "height");
        assertEquals(64, (frame[3] & 0xff) << 8 | frame[4] & 0xff, "width");
        assertEquals(3, frame[5], "components");
        assertArrayEquals(new byte[] {0x22, 0x11, 0x11}, new byte[] {frame[7], frame[10], frame[13]}, "sampling");
        assertArrayEquals(new byte[] {0, 1, 1}, new byte[] {frame[8], frame[11], frame[14]}, "tables");
        assertFalse(segments.containsKey(0xe1), "EXIF");
        assertFalse(segments.containsKey(0xfe), "comment");
        assertTrue(segments.containsKey(0xe0), "JFIF");
    }

    @ParameterizedTest
    @CsvSource({"64,64", "32,96", "33,65", "1,1", "1024,1024"})
    void keepsThePictureInAJpeg(int width, int height) throws IOException {
        RgbImage picture = picture(width, height);

        BufferedImage read = read(ImageEncoder.encode(picture, OutputFormat.JPEG));

        double sum = 0;
        for (int i = 0; i < picture.pixels().length; i++) {
            sum += Math.abs((picture.pixels()[i] & 0xff) - channel(read, i, width));
        }
        assertTrue(sum / picture.pixels().length < 2, "mean difference " + sum / picture.pixels().length);
    }

    @Test
    void keepsEachPixelInAPng() throws IOException {
        RgbImage picture = picture(40, 30);

        BufferedImage read = read(ImageEncoder.encode(picture, OutputFormat.PNG));

        for (int i = 0; i < picture.pixels().length; i++) {
            assertEquals(picture.pixels()[i] & 0xff, channel(read, i, 40), "at " + i);
        }
    }

    private static BufferedImage read(byte[] bytes) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(bytes));
    }

    private static int channel(BufferedImage image, int i, int width) {
        int pixel = i / 3;
        return image.getRGB(pixel % width, pixel / width) >> (16 - 8 * (i % 3)) & 0xff;
    }
}
