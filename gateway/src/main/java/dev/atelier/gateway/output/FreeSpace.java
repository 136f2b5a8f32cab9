package dev.atelier.gateway.output;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether the disks of some folders have room, as it was found last; looking touches them, asking does not. */
final class FreeSpace {
    private static final int RETRY_SECONDS = 60;

    private final List<Path> folders;
    private final long least;
    private volatile @Nullable Path full;

    /**
     * Creates it.
     *
     * @param least how many bytes must be free
     */
    FreeSpace(List<Path> folders, long least) {
        this.folders = List.copyOf(folders);
        this.least = least;
    }

    /** Looks; blocks. */
    void look() {
        full = folders.stream().filter(this::isFull).findFirst().orElse(null);
    }

    private boolean isFull(Path folder) {
        try {
            return Files.getFileStore(existing(folder)).getUsableSpace() < least;
        } catch (IOException e) {
            return false; // what is wrong with it is told by whoever writes there
        }
    }

    private static Path existing(Path folder) {
        Path place = folder.toAbsolutePath();
        while (Files.notExists(place) && place.getParent() != null) {
            place = place.getParent();
        }
        return place;
    }

    /** Fails with STORAGE_FULL when there was no room. */
    void require() {
        Path folder = full;
        if (folder != null) {
            throw failure(null);
        }
    }

    /** Returns whether there was room. */
    boolean isThere() {
        return full == null;
    }

    /** Returns what clients are told. */
    static PipelineException failure(@Nullable IOException cause) {
        return new PipelineException(
                ErrorCode.STORAGE_FULL,
                "The server's disk is full",
                Map.of("retry_after_seconds", RETRY_SECONDS),
                cause);
    }
}
