package dev.atelier.zimage.checkpoint;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ForeignFile;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.SafetensorsHeader.Declared;
import dev.atelier.zimage.checkpoint.SafetensorsHeader.Malformed;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A safetensors file: which tensors it holds and where.
 *
 * <pre>
 * offset       size  content
 * 0            8     N, the header's length, unsigned little-endian
 * 8            N     the header: one JSON object in UTF-8 that begins with '{', possibly padded with spaces:
 *                      { "__metadata__": {"key": "text"},            optional
 *                        "name": {"dtype": "BF16", "shape": [2, 3],
 *                                 "data_offsets": [begin, end]}, ... }
 * 8 + N        ...   the data: each tensor row-major, little-endian, at [begin, end) counted from here;
 *                    the tensors cover it without holes or overlaps
 * </pre>
 *
 * <p>Only the header is read when a file is opened, and nothing in it is believed before it was held against the file's
 * size. Immutable; holds no open file.
 */
public final class Safetensors {
    private static final long MAX_HEADER_BYTES = 100_000_000;
    private static final int PREFIX_BYTES = 8;

    private final Path file;
    private final String name;
    private final ErrorCode code;
    private final Map<String, TensorEntry> tensors;
    private final Map<String, String> metadata;

    private Safetensors(
            Path file, String name, ErrorCode code, Map<String, TensorEntry> tensors, Map<String, String> metadata) {
        this.file = file;
        this.name = name;
        this.code = code;
        this.tensors = Collections.unmodifiableMap(tensors);
        this.metadata = Collections.unmodifiableMap(metadata);
    }

    /**
     * Reads and checks the header of a file that belongs to a checkpoint.
     *
     * @throws PipelineException {@link ErrorCode#CHECKPOINT_INVALID}
     */
    public static Safetensors open(Path file) {
        return open(file, ErrorCode.CHECKPOINT_INVALID);
    }

    /**
     * Reads and checks the header; messages call the file by its path.
     *
     * @param code of every failure, now or when data is read
     */
    public static Safetensors open(Path file, ErrorCode code) {
        return open(file, file.toString(), code);
    }

    /**
     * Reads and checks the header.
     *
     * @param name what messages call the file
     * @param code of every failure, now or when data is read
     */
    public static Safetensors open(Path file, String name, ErrorCode code) {
        try (FileChannel channel = openRegular(file)) {
            refuseForeign(file);
            long size = channel.size();
            long headerLength = headerLength(channel, size);
            SafetensorsHeader header = SafetensorsHeader.parse(headerText(channel, headerLength));
            long dataStart = PREFIX_BYTES + headerLength;
            Map<String, TensorEntry> tensors = place(header.tensors(), file, dataStart, size - dataStart);
            return new Safetensors(file, name, code, tensors, header.metadata());
        } catch (Malformed e) {
            throw new PipelineException(code, name + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new PipelineException(
                    code, name + ": cannot be read: " + e.getClass().getSimpleName(), e);
        }
    }

    private static void refuseForeign(Path file) throws IOException, Malformed {
        Optional<String> foreign = ForeignFile.describe(file);
        if (foreign.isPresent()) {
            throw new Malformed(foreign.get());
        }
    }

    /** Returns the file as it was opened. */
    public Path file() {
        return file;
    }

    /** Returns the tensors by name, in the order of their data. */
    public Map<String, TensorEntry> tensors() {
        return tensors;
    }

    /**
     * Returns where a tensor lies.
     *
     * @throws PipelineException with the file's code when it has none of that name
     */
    public TensorEntry tensor(String tensorName) {
        TensorEntry entry = tensors.get(tensorName);
        if (entry == null) {
            throw new PipelineException(code, name + ": tensor " + SafetensorsHeader.shown(tensorName) + " is missing");
        }
        return entry;
    }

    /** Returns the file's own metadata, empty when it has none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Opens the data. The caller closes the reader. */
    public TensorReader reader() {
        return new TensorReader(file, name, code);
    }

    /** Reads one tensor of this file, converted to single precision; see {@link TensorReader#floats}. */
    public float[] readFloats(TensorEntry tensor) {
        try (TensorReader reader = reader()) {
            return reader.floats(tensor);
        }
    }

    /** Reads one I64 tensor of this file. */
    public long[] readLongs(TensorEntry tensor) {
        try (TensorReader reader = reader()) {
            return reader.longs(tensor);
        }
    }

    private static FileChannel openRegular(Path file) throws IOException, Malformed {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new Malformed("is no regular file");
        }
        return FileChannel.open(file);
    }

    private static long headerLength(FileChannel channel, long size) throws IOException, Malformed {
        if (size < PREFIX_BYTES) {
            throw new Malformed("is incomplete: " + size + " of at least " + (PREFIX_BYTES + 2) + " bytes");
        }
        long length = fill(channel, PREFIX_BYTES, 0).getLong(0);
        if (length < 0 || length > MAX_HEADER_BYTES) {
            throw new Malformed("the header length must be at most " + MAX_HEADER_BYTES + " bytes but is "
                    + Long.toUnsignedString(length));
        }
        if (length > size - PREFIX_BYTES) {
            throw new Malformed("is incomplete: " + size + " of at least " + (PREFIX_BYTES + length)
                    + " bytes, so that its header is cut");
        }
        if (length == 0) {
            throw new Malformed("the header is empty");
        }
        return length;
    }

    /** Returns the header's text as a stream; what is no UTF-8 fails when it is read. The channel stays open. */
    private static Reader headerText(FileChannel channel, long length) {
        InputStream bytes = new InputStream() {
            private long position = PREFIX_BYTES;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int count) throws IOException {
                int most = (int) Math.min(count, PREFIX_BYTES + length - position);
                if (most == 0) {
                    return count == 0 ? 0 : -1;
                }
                int read = channel.read(ByteBuffer.wrap(target, offset, most), position);
                if (read < 0) {
                    throw new EOFException("it ended while it was read");
                }
                position += read;
                return read;
            }
        };
        return new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder());
    }

    private static ByteBuffer fill(FileChannel channel, int length, long position) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException("it ended while it was read");
            }
        }
        return buffer.flip();
    }

    private static Map<String, TensorEntry> place(List<Declared> declared, Path file, long dataStart, long dataLength)
            throws Malformed {
        List<Declared> ordered = new ArrayList<>(declared);
        ordered.sort(Comparator.comparingLong(Declared::begin).thenComparingLong(Declared::end));
        requireComplete(ordered, dataStart, dataLength);
        Map<String, TensorEntry> placed = new LinkedHashMap<>();
        long covered = 0;
        for (Declared tensor : ordered) {
            checkOffsets(tensor, covered, dataLength);
            long length = tensor.end() - tensor.begin();
            placed.put(
                    tensor.name(),
                    new TensorEntry(
                            tensor.name(), tensor.dtype(), tensor.shape(), file, dataStart + tensor.begin(), length));
            covered = tensor.end();
        }
        if (covered != dataLength) {
            throw new Malformed("the tensors must cover the " + dataLength + " bytes of data but end at " + covered);
        }
        return placed;
    }

    /** A header that is right in itself, but tells of more data than there is, is that of a file that was cut. */
    private static void requireComplete(List<Declared> ordered, long dataStart, long dataLength) throws Malformed {
        long told = ordered.stream().mapToLong(Declared::end).max().orElse(0);
        if (told <= dataLength || told > Long.MAX_VALUE - dataStart) {
            return;
        }
        long covered = 0;
        for (Declared tensor : ordered) {
            checkOffsets(tensor, covered, told);
            covered = tensor.end();
        }
        throw new Malformed("is incomplete: " + (dataStart + dataLength) + " of " + (dataStart + told)
                + " bytes; download or copy it again");
    }

    private static void checkOffsets(Declared tensor, long covered, long dataLength) throws Malformed {
        String where = "tensor " + SafetensorsHeader.shown(tensor.name()) + ": data_offsets [" + tensor.begin() + ", "
                + tensor.end() + "] ";
        if (tensor.end() < tensor.begin() || tensor.end() > dataLength) {
            throw new Malformed(where + "must lie in order within the " + dataLength + " bytes of data");
        }
        if (tensor.begin() < covered) {
            throw new Malformed(where + "overlap the tensor before it, which ends at " + covered);
        }
        if (tensor.begin() > covered) {
            throw new Malformed(where + "leave a hole after the tensor before it, which ends at " + covered);
        }
        long expected = byteLength(tensor);
        if (expected != tensor.end() - tensor.begin()) {
            throw new Malformed(where + "must span the " + expected + " bytes of " + tensor.dtype() + " "
                    + tensor.shape() + " but span " + (tensor.end() - tensor.begin()));
        }
    }

    private static long byteLength(Declared tensor) throws Malformed {
        String what = "tensor " + SafetensorsHeader.shown(tensor.name()) + ": " + tensor.dtype() + " " + tensor.shape();
        long bits = tensor.dtype().bits();
        try {
            for (long dimension : tensor.shape()) {
                bits = Math.multiplyExact(bits, dimension);
            }
        } catch (ArithmeticException e) {
            throw new Malformed(what + " has more elements than can be counted");
        }
        if (bits % Byte.SIZE != 0) {
            throw new Malformed(what + " must fill whole bytes but has " + bits + " bits");
        }
        return bits / Byte.SIZE;
    }
}
