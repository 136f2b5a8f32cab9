package dev.atelier.gateway;

import dev.atelier.gateway.generator.ImageGenerator.Generated;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.output.ImageEncoder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The files that a command writes images to. A file is complete or absent: it is written beside and then moved. */
final class ImageFiles {
    private static final String DEFAULT_NAME = "image.png";
    private static final String STANDARD_OUTPUT = "-";

    private final @Nullable Path file;
    private final OutputFormat format;
    private final boolean several;
    private final PrintStream out;

    private ImageFiles(@Nullable Path file, OutputFormat format, boolean several, PrintStream out) {
        this.file = file;
        this.format = format;
        this.several = several;
        this.out = out;
    }

    /**
     * Reads the value of {@code -o}.
     *
     * @param value a file, {@code -} for standard output, or empty for a free name in the working folder
     * @param images how many there will be
     * @param out receives the names of the files, or the image
     */
    static ImageFiles of(String value, int images, PrintStream out) {
        if (value.equals(STANDARD_OUTPUT)) {
            if (images > 1) {
                throw new ConfigException("-o -: standard output takes one image, not " + images);
            }
            return new ImageFiles(null, OutputFormat.PNG, false, out);
        }
        Path file = value.isEmpty() ? freeName() : Path.of(value);
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(file)) {
            throw new ConfigException("-o: '" + value + "' must be a file in an existing folder");
        }
        return new ImageFiles(file, format(file), images > 1, out);
    }

    private static Path freeName() {
        Path file = Path.of(DEFAULT_NAME);
        for (int i = 1; Files.exists(file); i++) {
            file = Path.of("image-" + i + ".png");
        }
        return file;
    }

    private static OutputFormat format(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".png")) {
            return OutputFormat.PNG;
        }
        if (name.endsWith(".jpg") || name.endsWith(".jpeg")) {
            return OutputFormat.JPEG;
        }
        throw new ConfigException("-o: '" + file + "' must end with .png, .jpg or .jpeg");
    }

    /** Returns the name of an image's file. */
    String name(int index) {
        return file == null ? "image" : path(file, index).toString();
    }

    private Path path(Path base, int index) {
        if (!several) {
            return base;
        }
        String name = base.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return base.resolveSibling(name.substring(0, dot) + "-" + index + name.substring(dot));
    }

    /** Writes an image, and its file's name to standard output. */
    void write(int index, Generated generated) {
        byte[] bytes = ImageEncoder.encode(generated.image(), format);
        try {
            if (file == null) {
                out.write(bytes);
                out.flush();
                return;
            }
            Path target = path(file, index);
            Path unfinished = Files.createTempFile(target.toAbsolutePath().getParent(), ".atelier-", ".unfinished");
            unfinished.toFile().deleteOnExit();
            try {
                Files.write(unfinished, bytes);
                Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
            out.println(target + "  " + generated.effective().size() + "  seed "
                    + Long.toUnsignedString(generated.effective().plan().seed()));
        } catch (IOException e) {
            throw new ConfigException("'" + name(index) + "' cannot be written: " + e.getMessage());
        }
    }
}
