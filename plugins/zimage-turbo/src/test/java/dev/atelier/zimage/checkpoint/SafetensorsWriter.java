package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes safetensors files for tests; see {@link Safetensors} for the layout. */
public final class SafetensorsWriter {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode header = JSON.createObjectNode();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    /** Adds an entry to the file's own metadata. */
    public SafetensorsWriter metadata(String key, String value) {
        header.withObject("/__metadata__").put(key, value);
        return this;
    }

    /** Adds a tensor of floats, stored as F32, F64, BF16 (cut, not rounded) or F16 (whole numbers up to 2048). */
    public SafetensorsWriter floats(String name, DType dtype, float[] values, long... shape) {
        int width = dtype.bits() / Byte.SIZE;
        ByteBuffer bytes = ByteBuffer.allocate(values.length * width).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (dtype) {
                case F32 -> bytes.putFloat(value);
                case F64 -> bytes.putDouble(value);
                case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> Short.SIZE));
                case F16 -> bytes.putShort(wholeToF16(value));
                default -> throw new IllegalArgumentException("cannot write floats as " + dtype);
            }
        }
        return bytes(name, dtype.name(), bytes.array(), shape);
    }

    /** Adds a single-precision tensor. */
    public SafetensorsWriter floats(String name, float[] values, long... shape) {
        return floats(name, DType.F32, values, shape);
    }

    /** Adds a tensor of any bytes; nothing is checked. */
    public SafetensorsWriter bytes(String name, String dtype, byte[] bytes, long... shape) {
        ObjectNode tensor = header.putObject(name);
        tensor.put("dtype", dtype);
        for (long dimension : shape) {
            tensor.withArray("/shape").add(dimension);
        }
        tensor.withArray("/shape");
        tensor.putArray("data_offsets").add(data.size()).add(data.size() + bytes.length);
        data.writeBytes(bytes);
        return this;
    }

    /** Returns the file's content. */
    public byte[] toBytes() {
        return toBytes(header.toString(), data.toByteArray());
    }

    /** Writes the file. */
    public Path write(Path file) {
        try {
            return Files.write(file, toBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a file of any header and data. */
    public static byte[] toBytes(String header, byte[] data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + text.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .put(data)
                .array();
    }

    private static short wholeToF16(float value) {
        int magnitude = (int) Math.abs(value);
        if (magnitude != Math.abs(value) || magnitude > 2048) {
            throw new IllegalArgumentException("not a whole number up to 2048: " + value);
        }
        int sign = value < 0 ? 0x8000 : 0;
        if (magnitude == 0) {
            return (short) sign;
        }
        int exponent = 31 - Integer.numberOfLeadingZeros(magnitude);
        int fraction = exponent <= 10 ? magnitude << (10 - exponent) : magnitude >> (exponent - 10);
        return (short) (sign | ((exponent + 15) << 10) | (fraction & 0x3ff));
    }
}
