package dev.atelier.gateway.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Creates files and folders with few rights, whatever the process's umask is, and never through a symbolic link: a new
 * file is created exclusively, an existing one is opened only where its name is no link. On file systems without such
 * rights the files are created all the same. Blocks.
 */
public final class PrivateFiles {
    private static final int ATTEMPTS = 10;

    private PrivateFiles() {}

    /** The users who may read a file or a folder; only its owner may write it. */
    public enum Access {
        /** The owner alone. */
        OWNER("rw-------", "rwx------"),
        /** The owner and the group. */
        GROUP("rw-r-----", "rwxr-x---"),
        /** All users. */
        ALL("rw-r--r--", "rwxr-xr-x");

        private final String file;
        private final String folder;

        Access(String file, String folder) {
            this.file = file;
            this.folder = folder;
        }

        private Set<PosixFilePermission> ofFile() {
            return PosixFilePermissions.fromString(file);
        }

        private Set<PosixFilePermission> ofFolder() {
            return PosixFilePermissions.fromString(folder);
        }
    }

    /**
     * Creates a file and opens it for writing.
     *
     * @throws FileAlreadyExistsException when the name is taken, by a link too
     */
    public static FileChannel create(Path file, Access access) throws IOException {
        Set<OpenOption> options =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        FileChannel channel = FileChannel.open(file, options, attributes(file, access.ofFile()));
        try {
            grant(file, access.ofFile());
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Creates a file that only its owner may read, and returns a stream into it. */
    public static OutputStream newOutputStream(Path file) throws IOException {
        return Channels.newOutputStream(create(file, Access.OWNER));
    }

    /**
     * Opens a file for reading and writing; creates it, for its owner alone, where there is none.
     *
     * @throws IOException when its name is a symbolic link
     */
    public static FileChannel openOrCreate(Path file) throws IOException {
        Set<OpenOption> existing = Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        Set<OpenOption> created = Set.of(
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        for (int attempt = 1; ; attempt++) {
            requireNoLink(file);
            try {
                return FileChannel.open(file, existing);
            } catch (NoSuchFileException absent) {
                try {
                    return FileChannel.open(file, created, attributes(file, Access.OWNER.ofFile()));
                } catch (FileAlreadyExistsException e) {
                    if (attempt == ATTEMPTS) {
                        throw e;
                    }
                }
            }
        }
    }

    /**
     * Checks that a file's name is no symbolic link.
     *
     * @throws IOException when it is one
     */
    public static void requireNoLink(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            throw new IOException(file + " is a symbolic link, which is not followed; remove it");
        }
    }

    /** Gives an existing file the rights of a new one; a symbolic link is not followed. */
    public static void restrict(Path file, Access access) throws IOException {
        requireNoLink(file);
        grant(file, access.ofFile());
    }

    /** Creates a folder, and the missing ones above it; an existing one is left as it is. */
    public static Path createFolders(Path folder, Access access) throws IOException {
        if (Files.isDirectory(folder)) {
            return folder;
        }
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
            createFolders(parent, access);
        }
        createFolder(folder, access);
        return folder;
    }

    /**
     * Creates a folder in an existing one; an existing folder is left as it is.
     *
     * @throws NoSuchFileException when the folder above is missing
     */
    public static void createFolder(Path folder, Access access) throws IOException {
        try {
            Files.createDirectory(folder, attributes(folder, access.ofFolder()));
            grant(folder, access.ofFolder());
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    /**
     * Writes a file as a whole or not at all, in place of an existing one; a symbolic link of that name is replaced,
     * not followed. The content is on the disk when this returns.
     */
    public static void replace(Path file, byte[] content, Access access) throws IOException {
        Path unfinished = unfinished(file);
        try {
            try (FileChannel channel = create(unfinished, access)) {
                ByteBuffer left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException e) {
            deleteAfter(e, unfinished);
            throw e;
        }
        sync(file.toAbsolutePath().getParent());
    }

    private static void deleteAfter(Exception failure, Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Returns an unpredictable name beside a file, which {@link #isUnfinished} recognizes. */
    private static Path unfinished(Path file) {
        return file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".unfinished");
    }

    /** Returns whether a file is one that {@link #replace} has not finished, or never will. */
    public static boolean isUnfinished(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.startsWith(".") && name.endsWith(".unfinished");
    }

    // A new name is on the disk only with its folder; not every system lets a folder be opened.
    private static void sync(@Nullable Path folder) {
        if (folder == null) {
            return;
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows: its file systems keep names in order by themselves.
        }
    }

    private static FileAttribute<?>[] attributes(Path file, Set<PosixFilePermission> permissions) {
        return isPosix(file)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                : new FileAttribute<?>[0];
    }

    private static boolean isPosix(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    // The umask may have taken rights away.
    private static void grant(Path file, Set<PosixFilePermission> permissions) throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (view == null || view.readAttributes().permissions().equals(permissions)) {
            return;
        }
        try {
            view.setPermissions(permissions);
        } catch (FileSystemException e) {
            // A mounted file system that stores no rights; its mount options decide. FolderCheck judges the folder.
        }
    }
}
