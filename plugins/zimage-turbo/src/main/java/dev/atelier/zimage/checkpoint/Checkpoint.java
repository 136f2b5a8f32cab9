package dev.atelier.zimage.checkpoint;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one component of a checkpoint, such as {@code transformer/}: one safetensors file or several shards
 * under an index. Immutable; holds no open file. Every failure is {@link ErrorCode#CHECKPOINT_INVALID}.
 */
public final class Checkpoint {
    private final Path folder;
    private final Map<String, TensorEntry> tensors;
    private final List<Path> files;

    Checkpoint(Path folder, Map<String, TensorEntry> tensors, List<Path> files) {
        this.folder = folder;
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        this.files = List.copyOf(files);
    }

    /** Finds the component's files and reads their headers; see {@link CheckpointFiles} for which files count. */
    public static Checkpoint open(Path folder) {
        return CheckpointFiles.open(folder);
    }

    /** Returns the component's folder. */
    public Path folder() {
        return folder;
    }

    /** Returns the component's name: its folder's. */
    public String component() {
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    /** Returns the safetensors files, as named in the folder; they may be symbolic links. */
    public List<Path> files() {
        return files;
    }

    /**
     * Returns the deepest folder that holds every file once links are resolved, as a runtime that maps weights needs
     * it.
     */
    public Path root() {
        return files.stream()
                .map(TensorEntry::realPath)
                .map(Path::getParent)
                .reduce(Checkpoint::common)
                .orElse(folder);
    }

    private static Path common(Path a, Path b) {
        @Nullable Path shared = a;
        while (shared != null && !b.startsWith(shared)) {
            shared = shared.getParent();
        }
        if (shared == null) {
            throw new PipelineException(
                    ErrorCode.CHECKPOINT_INVALID, a + " and " + b + " must lie under one folder but share none");
        }
        return shared;
    }

    /** Returns the names of all tensors. */
    public Set<String> names() {
        return tensors.keySet();
    }

    /** Opens the file that a tensor lies in. The caller closes the reader. */
    public TensorReader reader(TensorEntry tensor) {
        return new TensorReader(tensor.file(), tensor.file().toString(), ErrorCode.CHECKPOINT_INVALID);
    }

    /** Says whether the component holds the tensor. */
    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /** Returns where a tensor lies. */
    public TensorEntry tensor(String name) {
        @Nullable TensorEntry entry = tensors.get(name);
        if (entry == null) {
            throw new PipelineException(
                    ErrorCode.CHECKPOINT_INVALID, component() + ": tensor '" + name + "' is missing from " + folder);
        }
        return entry;
    }

    /**
     * Returns where a weight lies, once its type is one that can be computed with (F16, BF16, F32, F64) and its shape
     * is the expected one.
     */
    public TensorEntry expectShape(String name, long... expected) {
        TensorEntry entry = tensor(name);
        String where = entry.file() + ": tensor '" + name + "'";
        if (!entry.dtype().isFloat()) {
            throw new PipelineException(
                    ErrorCode.CHECKPOINT_INVALID, where + " must be F16, BF16, F32 or F64 but is " + entry.dtype());
        }
        if (!Arrays.equals(entry.dimensions(), expected)) {
            throw new PipelineException(
                    ErrorCode.CHECKPOINT_INVALID,
                    where + " must have shape " + Arrays.toString(expected) + " but has " + entry.shape());
        }
        return entry;
    }
}
