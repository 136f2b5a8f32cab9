package dev.atelier.synthetic;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes one safetensors file without holding a tensor in memory.
 *
 * <p>Layout: 8 bytes, the header's length, little endian; the header, JSON that maps each name to dtype, shape and the
 * range of its bytes after the header, padded with spaces to a multiple of 8; the tensors, row-major, little endian.
 */
final class ShardWriter {
    private static final int BUFFER_BYTES = 1 << 22;

    private final StorageType type;
    private final long seed;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    ShardWriter(StorageType type, long seed) {
        this.type = type;
        this.seed = seed;
    }

    void write(Path file, List<TensorSpec> tensors) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] header = header(tensors);
            buffer.clear().putLong(header.length);
            flush(channel);
            drain(ByteBuffer.wrap(header), channel);
            for (TensorSpec tensor : tensors) {
                fill(tensor, channel);
            }
        }
    }

    private byte[] header(List<TensorSpec> tensors) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        long offset = 0;
        for (TensorSpec tensor : tensors) {
            long end = offset + tensor.elements() * type.bytes();
            header.put(
                    tensor.name(),
                    Map.of("dtype", type.name(), "shape", tensor.shape(), "data_offsets", List.of(offset, end)));
            offset = end;
        }
        String text = Json.write(header);
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return (text + " ".repeat(-length & 7)).getBytes(StandardCharsets.UTF_8);
    }

    /** Each 64-bit draw gives two numbers of 24 bits: a checkpoint may have billions of them. */
    private void fill(TensorSpec tensor, FileChannel channel) throws IOException {
        SplittableRandom random = new SplittableRandom(seed ^ spreadHash(tensor.name()));
        float step = tensor.spread() * 0x1p-23f;
        float low = tensor.mean() - tensor.spread();
        buffer.clear();
        long elements = tensor.elements();
        long bits = 0;
        for (long i = 0; i < elements; i++) {
            bits = (i & 1) == 0 ? random.nextLong() : bits >>> 32;
            type.put(buffer, low + step * (bits & 0xFFFFFF));
            if (buffer.remaining() < Float.BYTES) {
                flush(channel);
            }
        }
        flush(channel);
    }

    /** FNV-1a of 64 bits: {@link String#hashCode()} gives names that differ in a digit nearly the same seed. */
    private static long spreadHash(String name) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }

    private void flush(FileChannel channel) throws IOException {
        drain(buffer.flip(), channel);
        buffer.clear();
    }

    private static void drain(ByteBuffer bytes, FileChannel channel) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
