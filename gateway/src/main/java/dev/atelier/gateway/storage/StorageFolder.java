package dev.atelier.gateway.storage;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A folder that the gateway writes. It is created when it is first needed. A folder that existed before and is missing
 * now, or whose mount point is an ordinary folder now, is an unmounted volume: it is never created again, because the
 * files would go to another disk. All but the accessors block; thread-safe.
 */
public final class StorageFolder {
    private final String name;
    private final Path path;
    private final PrivateFiles.Access access;
    private boolean seen;
    private @Nullable Path mountPoint;

    /**
     * Creates the object, and nothing on the disk.
     *
     * @param name for messages and metrics, such as {@code outputs}
     * @param access the users who may read the folder when it is created
     */
    public StorageFolder(String name, Path path, PrivateFiles.Access access) {
        this.name = name;
        this.access = access;
        this.path = path.toAbsolutePath().normalize();
    }

    /** Returns the name. */
    public String name() {
        return name;
    }

    /** Returns the absolute path. */
    public Path path() {
        return path;
    }

    /**
     * Makes sure that the folder is there, and creates it unless it existed before.
     *
     * @return the absolute path
     * @throws IOException naming the cause when the folder is missing, unmounted or no folder
     */
    public synchronized Path require() throws IOException {
        if (Files.notExists(path) && !seen) {
            PrivateFiles.createFolders(path, access);
        }
        requireExisting();
        return path;
    }

    /** Fails when the folder existed before and is missing, or is no folder; creates nothing. */
    synchronized void requireUnlessNew() throws IOException {
        if (seen || Files.exists(path)) {
            requireExisting();
        }
    }

    private void requireExisting() throws IOException {
        Path real;
        try {
            real = path.toRealPath();
        } catch (NoSuchFileException e) {
            throw seen ? unmounted("it is missing; it existed before: is its volume unmounted?") : e;
        }
        if (!Files.isDirectory(real)) {
            throw new NotDirectoryException(path.toString());
        }
        if (mountPoint != null && real.startsWith(mountPoint) && !isMountPoint(mountPoint)) {
            throw unmounted("its volume is unmounted");
        }
        Path found = mountPointOf(real);
        if (found != null || mountPoint != null && !real.startsWith(mountPoint)) {
            mountPoint = found;
        }
        seen = true;
    }

    private FileSystemException unmounted(String reason) {
        return new FileSystemException(path.toString(), null, reason);
    }

    /** Returns the nearest folder above that begins another file system than the root's; null where there is none. */
    private static @Nullable Path mountPointOf(Path real) {
        for (Path folder = real; folder.getParent() != null; folder = folder.getParent()) {
            if (isMountPoint(folder)) {
                return folder;
            }
        }
        return null;
    }

    private static boolean isMountPoint(Path folder) {
        Path parent = folder.getParent();
        return parent != null && !Objects.equals(device(folder), device(parent));
    }

    private static @Nullable Object device(Path folder) {
        try {
            return Files.getAttribute(folder, "unix:dev");
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return null; // the system tells no devices apart
        }
    }

    /** Returns the file system of the folder, or of the nearest folder above that exists. */
    FileStore disk() throws IOException {
        Path place = path;
        while (Files.notExists(place) && place.getParent() != null) {
            place = place.getParent();
        }
        return Files.getFileStore(place);
    }

    /** Returns how much may still be written there; empty where that is not known. */
    OptionalLong usableBytes() {
        try {
            return OptionalLong.of(disk().getUsableSpace());
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
