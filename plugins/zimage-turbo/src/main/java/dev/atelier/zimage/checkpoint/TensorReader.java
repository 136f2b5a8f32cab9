package dev.atelier.zimage.checkpoint;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Reads tensor data of one open file. Holds a small buffer and a file handle; for one thread at a time. */
public final class TensorReader implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 18;
    private static final long MAX_ELEMENTS = Integer.MAX_VALUE - 8L;

    /** Takes what one filled buffer holds. */
    private interface Sink {
        void accept(ByteBuffer bytes);
    }

    private final Path file;
    private final String name;
    private final ErrorCode code;
    private final FileChannel channel;
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
     * Returns a tensor's elements, row-major, in single precision: F32, F16 and BF16 exactly, F64 rounded to nearest.
     *
     * @throws PipelineException with the file's code when it has another type or more elements than an array holds, or
     *     when the file has changed
     */
    public float[] floats(TensorEntry tensor) {
        float[] values = new float[count(tensor)];
        int[] at = {0};
        Sink sink =
                switch (tensor.dtype()) {
                    case F32 ->
                        bytes -> {
                            int n = bytes.remaining() / Float.BYTES;
                            bytes.asFloatBuffer().get(values, at[0], n);
                            at[0] += n;
                        };
                    case F16 ->
                        bytes -> {
                            while (bytes.hasRemaining()) {
                                values[at[0]++] = HalfPrecision.fromF16(bytes.getShort());
                            }
                        };
                    case BF16 ->
                        bytes -> {
                            while (bytes.hasRemaining()) {
                                values[at[0]++] = HalfPrecision.fromBf16(bytes.getShort());
                            }
                        };
                    case F64 ->
                        bytes -> {
                            while (bytes.hasRemaining()) {
                                values[at[0]++] = (float) bytes.getDouble();
                            }
                        };
                    default -> throw wrongType(tensor, "F16, BF16, F32 or F64");
                };
        stream(tensor, sink);
        return values;
    }

    /** Returns the elements of an I64 tensor, row-major. */
    public long[] longs(TensorEntry tensor) {
        if (tensor.dtype() != DType.I64) {
            throw wrongType(tensor, "I64");
        }
        long[] values = new long[count(tensor)];
        int[] at = {0};
        stream(tensor, bytes -> {
            while (bytes.hasRemaining()) {
                values[at[0]++] = bytes.getLong();
            }
        });
        return values;
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

    private void stream(TensorEntry tensor, Sink sink) {
        long position = tensor.offset();
        long end = position + tensor.length();
        while (position < end) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, end - position));
            position += fill(tensor, position);
            sink.accept(chunk.flip());
        }
    }

    private int fill(TensorEntry tensor, long position) {
        try {
            while (chunk.hasRemaining()) {
                if (channel.read(chunk, position + chunk.position()) < 0) {
                    throw new PipelineException(
                            code, where(tensor) + " ends early: the file was cut since it was opened");
                }
            }
            return chunk.position();
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
