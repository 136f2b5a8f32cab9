package dev.atelier.gateway.output;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether the disks of some folders have room, as it was found last; looking touches them, asking does not. */
final class FreeSpace {
    private static final int RETRY_SECONDS = 60;

    private final Map<String, Path> folders;
    private final long least;
    private volatile boolean full;

    /**
     * Creates it.
     *
     * @param folders by their names; they need not exist yet
     * @param least how many bytes must be free
     */
    FreeSpace(Map<String, Path> folders, long least) {
        this.folders = new TreeMap<>(folders);
        this.least = least;
    }

    /**
     * Looks; blocks. What cannot be looked at is not called full: whoever writes there is told what is wrong with it.
     */
    List<DiskSpace> look() throws IOException {
        boolean lacking = false;
        try {
            List<DiskSpace> disks = new ArrayList<>();
            for (Map.Entry<String, Path> folder : folders.entrySet()) {
                FileStore disk = Files.getFileStore(existing(folder.getValue()));
                disks.add(new DiskSpace(folder.getKey(), disk.getUsableSpace(), disk.getTotalSpace()));
                lacking |= disk.getUsableSpace() < least;
            }
            return disks;
        } finally {
            full = lacking;
        }
    }

    // A folder is made when the first file is written into it.
    private static Path existing(Path folder) {
        Path place = folder.toAbsolutePath();
        while (Files.notExists(place) && place.getParent() != null) {
            place = place.getParent();
        }
        return place;
    }

    /** Fails with STORAGE_FULL when there was no room. */
    void require() {
        if (full) {
            throw failure(null);
        }
    }

    /** Returns whether there was room. */
    boolean isThere() {
        return !full;
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
