package dev.atelier.zimage.checkpoint;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Where one tensor lies.
 *
 * @param name as in the file's header
 * @param dtype its elements' type
 * @param shape its dimensions, outermost first; empty for a scalar
 * @param file the file as it was opened, possibly a symbolic link
 * @param offset of its first byte from the start of the file
 * @param length in bytes
 */
public record TensorEntry(String name, DType dtype, List<Long> shape, Path file, long offset, long length) {
    /** Copies the shape. */
    public TensorEntry {
        shape = List.copyOf(shape);
    }

    /** Returns the number of elements; 1 for a scalar. */
    public long elements() {
        return shape.stream().reduce(1L, (a, b) -> a * b);
    }

    /** Returns the shape as an array. */
    public long[] dimensions() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** Returns the file with every symbolic link resolved, as a runtime that maps weights needs it. */
    public Path realFile() {
        return realPath(file);
    }

    static Path realPath(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            throw new PipelineException(ErrorCode.CHECKPOINT_INVALID, file + ": cannot be resolved: " + e, e);
        }
    }
}
