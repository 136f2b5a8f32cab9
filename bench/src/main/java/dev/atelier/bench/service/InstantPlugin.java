package dev.atelier.bench.service;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Packs {@link InstantModel} as a plugin. */
final class InstantPlugin {
    private static final String DESCRIPTION = "plugin.id=instant\nplugin.version=1.0.0\n";

    private InstantPlugin() {}

    /** Writes the zip into a folder. */
    static void writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (OutputStream out = Files.newOutputStream(folder.resolve("instant-1.0.0.zip"));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            put(zip, "plugin.properties", DESCRIPTION.getBytes(StandardCharsets.UTF_8));
            put(
                    zip,
                    "classes/META-INF/extensions.idx",
                    InstantModel.class.getName().getBytes(StandardCharsets.UTF_8));
            String path = InstantModel.class.getName().replace('.', '/');
            for (String suffix : List.of("", "$Pipeline")) {
                try (InputStream in = InstantModel.class.getResourceAsStream("/" + path + suffix + ".class")) {
                    if (in == null) {
                        throw new FileNotFoundException(path + suffix);
                    }
                    put(zip, "classes/" + path + suffix + ".class", in.readAllBytes());
                }
            }
        }
    }

    private static void put(ZipOutputStream zip, String path, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry(path));
        zip.write(content);
        zip.closeEntry();
    }
}
