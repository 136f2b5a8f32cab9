package dev.atelier.zimage.checkpoint;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Reads tensor data of one open file. Holds a small buffer and a file handle; for one thread at a time. */
public final class TensorReader implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 18;
    private static final long MAX_ELEMENTS = Integer.MAX_VALUE - 8L;

    /** Takes what one filled buffer holds, of which the first is the tensor's element at that index. */
    private interface Sink {
        void accept(ByteBuffer bytes, int first);
    }

    private final Path file;
    private final String name;
    private final ErrorCode code;
    private final FileChannel channel;
    private final short[] halves = new short[CHUNK_BYTES / Short.BYTES];
    private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    TensorReader(Path file, String name, ErrorCode code) {
        this.file = file;
        this.name = name;
        this.code = code;
        try {
            this.channel = FileChannel.open(file);
        } catch (IOException e) {
            throw new PipelineException(code, name + ": cannot be read: " + e, e);
        }
    }

    /**
     * Returns a tensor's elements, row-major, in single precision: F32, F16, BF16, F8_E4M3 and F8_E5M2 exactly, F64
     * rounded to nearest.
     *
     * @throws PipelineException with the file's code when it has another type or more elements than an array holds, or
     *     when the file has changed
     */
    public float[] floats(TensorEntry tensor) {
        if (!tensor.dtype().isReadable()) {
            throw wrongType(tensor, DType.READABLE);
        }
        float[] values = new float[count(tensor)];
        switch (tensor.dtype()) {
            case F32 ->
                stream(tensor, (bytes, first) -> {
                    FloatBuffer floats = bytes.asFloatBuffer();
                    floats.get(values, first, floats.remaining());
                });
            case F64 ->
                stream(tensor, (bytes, first) -> {
                    for (int i = 0; i < bytes.remaining() / Double.BYTES; i++) {
                        values[first + i] = (float) bytes.getDouble(i * Double.BYTES);
                    }
                });
            case F8_E4M3, F8_E5M2 ->
                stream(tensor, (bytes, first) -> {
                    for (int i = 0; i < bytes.remaining(); i++) {
                        values[first + i] = Float8.widen(tensor.dtype(), bytes.get(i));
                    }
                });
            default -> stream(tensor, (bytes, first) -> widen(tensor.dtype(), bytes.asShortBuffer(), values, first));
        }
        return values;
    }

    /** Returns the elements of an I64 tensor, row-major. */
    public long[] longs(TensorEntry tensor) {
        if (tensor.dtype() != DType.I64) {
            throw wrongType(tensor, "I64");
        }
        long[] values = new long[count(tensor)];
        stream(tensor, (bytes, first) -> {
            LongBuffer longs = bytes.asLongBuffer();
            longs.get(values, first, longs.remaining());
        });
        return values;
    }

    /** Returns the first element of a tensor of one of the types that {@link DType#isNumber} names. */
    public float number(TensorEntry tensor) {
        if (tensor.dtype().isReadable()) {
            return floats(tensor)[0];
        }
        float[] value = new float[1];
        stream(
                tensor,
                (bytes, first) -> value[0] = switch (tensor.dtype()) {
                    case I64 -> bytes.getLong(0);
                    case I32 -> bytes.getInt(0);
                    case I16 -> bytes.getShort(0);
                    case I8 -> bytes.get(0);
                    case U8 -> Byte.toUnsignedInt(bytes.get(0));
                    default -> throw wrongType(tensor, "a number");
                });
        return value[0];
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new PipelineException(code, name + ": cannot be closed: " + e, e);
        }
    }

    private int count(TensorEntry tensor) {
        if (!tensor.file().equals(file)) {
            throw new IllegalArgumentException(tensor.name() + " lies in " + tensor.file() + ", not in " + file);
        }
        long elements = tensor.elements();
        if (elements > MAX_ELEMENTS) {
            throw new PipelineException(
                    code,
                    where(tensor) + " has " + elements + " elements but at most " + MAX_ELEMENTS + " can be read");
        }
        return (int) elements;
    }

    /** Through an array: the loops over it are what the compiler vectorises. */
    private void widen(DType dtype, ShortBuffer bytes, float[] values, int first) {
        int count = bytes.remaining();
        bytes.get(halves, 0, count);
        if (dtype == DType.BF16) {
            for (int i = 0; i < count; i++) {
                values[first + i] = HalfPrecision.fromBf16(halves[i]);
            }
        } else {
            for (int i = 0; i < count; i++) {
                values[first + i] = HalfPrecision.fromF16(halves[i]);
            }
        }
    }

    private void stream(TensorEntry tensor, Sink sink) {
        int width = tensor.dtype().bits() / Byte.SIZE;
        for (long done = 0; done < tensor.length(); done += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, tensor.length() - done));
            fill(tensor, tensor.offset() + done);
            sink.accept(chunk.flip(), (int) (done / width));
        }
    }

    private void fill(TensorEntry tensor, long position) {
        try {
            while (chunk.hasRemaining()) {
                if (channel.read(chunk, position + chunk.position()) < 0) {
                    throw new PipelineException(
                            code, where(tensor) + " ends early: the file was cut since it was opened");
                }
            }
        } catch (IOException e) {
            throw new PipelineException(code, where(tensor) + " cannot be read: " + e, e);
        }
    }

    private PipelineException wrongType(TensorEntry tensor, String expected) {
        return new PipelineException(code, where(tensor) + " must be " + expected + " but is " + tensor.dtype());
    }

    private String where(TensorEntry tensor) {
        return name + ": tensor " + SafetensorsHeader.shown(tensor.name());
    }
}
