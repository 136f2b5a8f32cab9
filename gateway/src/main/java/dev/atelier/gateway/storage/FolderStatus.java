package dev.atelier.gateway.storage;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The result of a folder's latest check.
 *
 * @param folder the name that metrics use
 * @param path where it is
 * @param freeBytes what may still be written; -1 where that is not known
 * @param totalBytes the size of its file system; -1 where that is not known
 * @param leastBytes how much must stay free
 * @param fault why it cannot be used; null when it can
 */
public record FolderStatus(
        String folder,
        Path path,
        long freeBytes,
        long totalBytes,
        long leastBytes,
        @Nullable StorageFault fault) {
    /** Returns whether less is free than must be. */
    public boolean lacksRoom() {
        return totalBytes >= 0 && freeBytes < leastBytes;
    }

    /** Returns whether the folder was not checked yet. */
    public boolean isUnknown() {
        return totalBytes < 0 && fault == null;
    }

    /** Returns what an operator reads of it; empty when the folder can be used. */
    public Optional<String> problem() {
        return Optional.ofNullable(fault).map(why -> "the folder for " + folder + " (" + path + "): " + why.problem());
    }

    FolderStatus with(@Nullable StorageFault other) {
        return new FolderStatus(folder, path, freeBytes, totalBytes, leastBytes, other);
    }
}
