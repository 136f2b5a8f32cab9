package dev.atelier.gateway.files;

import dev.atelier.gateway.files.PrivateFiles.Access;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Checks that a folder can be used for the gateway's files, by creating a file in it. Blocks. */
public final class FolderCheck {
    private FolderCheck() {}

    /**
     * Creates a folder of this user where there is none, and checks it: only this user may own and write it.
     *
     * @throws IOException saying in one line what is wrong with the folder and how to put it right
     */
    public static void ofUser(Path folder) throws IOException {
        UserPrincipal user = write(folder, Access.OWNER);
        PosixFileAttributes attributes = attributes(folder);
        if (attributes == null || user == null) {
            return;
        }
        if (!attributes.owner().equals(user)) {
            throw new IOException(folder + " belongs to the user "
                    + attributes.owner().getName() + ", not to " + user.getName() + ", who runs this process");
        }
        if (attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
                || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    folder + " can be written by other users; check what it holds and run: chmod go-w " + folder);
        }
    }

    /**
     * Creates a folder that was configured where there is none, and checks it: this process can write it, and not every
     * user may.
     *
     * @throws IOException saying in one line what is wrong with the folder and how to put it right
     */
    public static void configured(Path folder, Access access) throws IOException {
        write(folder, access);
        PosixFileAttributes attributes = attributes(folder);
        if (attributes != null && attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    folder + " can be written by every user; use a folder inside it, or run: chmod o-w " + folder);
        }
    }

    /** Returns the user who owns what this process writes there; null where files have no owner. */
    private static @Nullable UserPrincipal write(Path folder, Access access) throws IOException {
        try {
            PrivateFiles.createFolders(folder, access);
        } catch (IOException e) {
            throw new IOException(folder + " cannot be created (" + reason(e, folder) + ")", e);
        }
        Path file = folder.resolve(".atelier-check-" + UUID.randomUUID());
        try {
            PrivateFiles.create(file, Access.OWNER).close();
            UserPrincipal owner = attributes(file) == null ? null : Files.getOwner(file, LinkOption.NOFOLLOW_LINKS);
            Files.delete(file);
            return owner;
        } catch (IOException e) {
            throw new IOException(folder + " cannot be written (" + reason(e, file) + ")", e);
        }
    }

    private static @Nullable PosixFileAttributes attributes(Path file) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        return view == null ? null : view.readAttributes();
    }

    /** Returns the system's words for a failure, with the file that it is about unless that is obvious. */
    private static String reason(IOException failure, Path obvious) {
        String about = failure instanceof FileSystemException system
                        && system.getFile() != null
                        && !system.getFile().equals(obvious.toString())
                ? ": " + system.getFile()
                : "";
        if (failure instanceof AccessDeniedException) {
            return "permission denied" + about;
        }
        if (failure instanceof NotDirectoryException || failure instanceof FileAlreadyExistsException) {
            return "not a folder" + about;
        }
        String words = failure instanceof FileSystemException system ? system.getReason() : failure.getMessage();
        return (words == null ? failure.getClass().getSimpleName() : words) + about;
    }
}
