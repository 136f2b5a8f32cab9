package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A safetensors file that is being written: its header when it is created, its data in any order. Several threads may
 * write. See {@link Safetensors} for the layout; the header is padded so that the data begins at a multiple of 8.
 */
public final class SafetensorsOutput implements AutoCloseable {
    private static final int ALIGNMENT = 8;

    private final FileChannel channel;
    private final Map<String, Place> places = new HashMap<>();

    /**
     * What a tensor will be.
     *
     * @param name its name
     * @param dtype its elements' type, of whole bytes
     * @param shape its dimensions, outermost first
     */
    public record Tensor(String name, DType dtype, List<Long> shape) {
        /** Returns its length in bytes. */
        public long bytes() {
            return shape.stream().reduce((long) dtype.bits() / Byte.SIZE, (a, b) -> a * b);
        }
    }

    private record Place(DType dtype, long offset) {}

    private SafetensorsOutput(FileChannel channel) {
        this.channel = channel;
    }

    /** Creates a file for these tensors, in their order. The file must not exist. */
    public static SafetensorsOutput create(Path file, List<Tensor> tensors) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        SafetensorsOutput output = new SafetensorsOutput(channel);
        try {
            output.begin(tensors);
            return output;
        } catch (IOException | RuntimeException e) {
            output.close();
            throw e;
        }
    }

    private void begin(List<Tensor> tensors) throws IOException {
        ObjectNode header = JsonNodeFactory.instance.objectNode();
        long end = 0;
        for (Tensor tensor : tensors) {
            ObjectNode declared = header.putObject(tensor.name());
            declared.put("dtype", tensor.dtype().name());
            tensor.shape().forEach(declared.putArray("shape")::add);
            declared.putArray("data_offsets").add(end).add(end + tensor.bytes());
            end += tensor.bytes();
        }
        String text = header.toString();
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        byte[] padded = (text + " ".repeat(-length & (ALIGNMENT - 1))).getBytes(StandardCharsets.UTF_8);
        long data = (long) Long.BYTES + padded.length;
        for (Tensor tensor : tensors) {
            places.put(tensor.name(), new Place(tensor.dtype(), data));
            data += tensor.bytes();
        }
        ByteBuffer start = ByteBuffer.allocate(Long.BYTES + padded.length).order(ByteOrder.LITTLE_ENDIAN);
        writeAll(start.putLong(padded.length).put(padded).flip(), 0);
    }

    /** Writes a whole tensor's bytes as they stand in another file, which must declare the same type and shape. */
    public void copy(TensorEntry tensor) throws IOException {
        long offset = place(tensor.name()).offset();
        try (FileChannel from = FileChannel.open(tensor.file())) {
            for (long done = 0; done < tensor.length(); ) {
                long count = from.transferTo(
                        tensor.offset() + done, tensor.length() - done, channel.position(offset + done));
                if (count <= 0) {
                    throw new IOException(tensor.file() + " ends within tensor " + tensor.name());
                }
                done += count;
            }
        }
    }

    /**
     * Writes elements of a tensor, F32 as they are or BF16 rounded to nearest, ties to even.
     *
     * @param first the first element's index in the tensor
     * @param count how many of the values
     */
    public void floats(String name, long first, float[] values, int count) throws IOException {
        Place place = place(name);
        int width = place.dtype().bits() / Byte.SIZE;
        ByteBuffer bytes = ByteBuffer.allocate(count * width).order(ByteOrder.LITTLE_ENDIAN);
        switch (place.dtype()) {
            case F32 -> bytes.asFloatBuffer().put(values, 0, count);
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    bytes.putShort(i * width, HalfPrecision.toBf16(values[i]));
                }
            }
            default -> throw new IllegalArgumentException("cannot write floats as " + place.dtype());
        }
        writeAll(bytes, place.offset() + first * width);
    }

    private Place place(String name) {
        return Objects.requireNonNull(places.get(name), name);
    }

    private void writeAll(ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
