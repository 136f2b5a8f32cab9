package dev.atelier.gateway.adapter.remote;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Small well-formed safetensors files, and a reader that takes nothing else. */
final class Safetensors {
    private Safetensors() {}

    /** Returns a file of one tensor of so many random bytes. */
    static byte[] ofBytes(int length, long seed) {
        byte[] header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[%1$d],\"data_offsets\":[0,%1$d]}}"
                .formatted(length)
                .getBytes(StandardCharsets.UTF_8);
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return ByteBuffer.allocate(8 + header.length + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(data)
                .array();
    }

    /** Refuses a file that is not as long as its header says. */
    static void check(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            long header = bytes.length < 8
                    ? -1
                    : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
            if (header < 2 || header > bytes.length - 8) {
                throw invalid(file);
            }
            String json = new String(bytes, 8, (int) header, StandardCharsets.UTF_8);
            if (!json.endsWith("," + (bytes.length - 8 - header) + "]}}")) {
                throw invalid(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PipelineException invalid(Path file) {
        return new PipelineException(ErrorCode.LORA_INVALID, file + ": " + file.getFileName() + " is damaged");
    }
}
