package dev.atelier.gateway.verify;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** How a JPEG file was encoded: its quantisation tables and the subsampling of its components. */
final class JpegFormat {
    private static final String NATIVE = "javax_imageio_jpeg_image_1.0";

    private final List<Object> tables;
    private final List<Element> components;

    private JpegFormat(List<Object> tables, List<Element> components) {
        this.tables = tables;
        this.components = components;
    }

    /** Reads the tables and the subsampling from a file's metadata. */
    static JpegFormat of(IIOMetadata metadata) {
        Element root = (Element) metadata.getAsTree(NATIVE);
        List<Object> tables = new ArrayList<>();
        elements(root, "dqtable").forEach(table -> tables.add(tableOf(table)));
        return new JpegFormat(tables, elements(root, "componentSpec"));
    }

    /** Encodes an image in the same way and decodes it again. */
    BufferedImage reencoded(BufferedImage image) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            IIOMetadata metadata =
                    writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), parameters);
            Element root = (Element) metadata.getAsTree(NATIVE);
            apply(root);
            metadata.setFromTree(NATIVE, root);
            writer.write(null, new IIOImage(image, null, metadata), parameters);
        } finally {
            writer.dispose();
        }
        return ImageIO.read(new ByteArrayInputStream(bytes.toByteArray()));
    }

    private void apply(Element root) {
        List<Element> written = elements(root, "dqtable");
        for (int i = 0; i < written.size() && !tables.isEmpty(); i++) {
            ((IIOMetadataNode) written.get(i)).setUserObject(tables.get(Math.min(i, tables.size() - 1)));
        }
        List<Element> specs = elements(root, "componentSpec");
        for (int i = 0; i < specs.size() && components.size() == specs.size(); i++) {
            for (String factor : List.of("HsamplingFactor", "VsamplingFactor")) {
                specs.get(i).setAttribute(factor, components.get(i).getAttribute(factor));
            }
        }
    }

    private static Object tableOf(Element table) {
        return ((IIOMetadataNode) table).getUserObject();
    }

    private static List<Element> elements(Element root, String name) {
        NodeList nodes = root.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
