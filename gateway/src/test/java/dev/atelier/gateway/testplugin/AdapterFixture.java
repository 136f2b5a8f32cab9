package dev.atelier.gateway.testplugin;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Adapter files that the procedural model takes. */
public final class AdapterFixture {
    private AdapterFixture() {}

    /** Writes a file with an empty safetensors header and some bytes after it. */
    public static Path write(Path file, String content) throws IOException {
        byte[] header = "{}".getBytes(StandardCharsets.UTF_8);
        byte[] body = content.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + body.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header).put(body);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes.array());
    }
}
