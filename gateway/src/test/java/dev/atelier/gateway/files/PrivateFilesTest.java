package dev.atelier.gateway.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.atelier.gateway.files.PrivateFiles.Access;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFilesTest {
    @TempDir
    Path folder;

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void createsFilesForTheirOwnerOrGroupAlone() throws IOException {
        for (Access access : Access.values()) {
            PrivateFiles.create(folder.resolve(access.name()), access).close();
        }
        PrivateFiles.newOutputStream(folder.resolve("stream")).close();
        PrivateFiles.openOrCreate(folder.resolve("lock")).close();

        assertEquals("rw-------", mode(folder.resolve("OWNER")));
        assertEquals("rw-r-----", mode(folder.resolve("GROUP")));
        assertEquals("rw-r--r--", mode(folder.resolve("ALL")));
        assertEquals("rw-------", mode(folder.resolve("stream")));
        assertEquals("rw-------", mode(folder.resolve("lock")));
    }

    @Test
    void createsFoldersWithThoseAboveThemAndLeavesExistingOnesAsTheyAre() throws IOException {
        Path existing = Files.createDirectory(folder.resolve("existing"));
        Files.setPosixFilePermissions(existing, PosixFilePermissions.fromString("rwxrwxr-x"));

        PrivateFiles.createFolders(existing.resolve("a/b"), Access.OWNER);
        PrivateFiles.createFolders(existing.resolve("c"), Access.GROUP);
        PrivateFiles.createFolders(existing, Access.OWNER);

        assertEquals("rwx------", mode(existing.resolve("a")));
        assertEquals("rwx------", mode(existing.resolve("a/b")));
        assertEquals("rwxr-x---", mode(existing.resolve("c")));
        assertEquals("rwxrwxr-x", mode(existing));
        Path file = Files.createFile(folder.resolve("file"));
        assertThrows(FileAlreadyExistsException.class, () -> PrivateFiles.createFolders(file, Access.OWNER));
    }

    @Test
    void neverWritesThroughAPlantedLink() throws IOException {
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        Path link = Files.createSymbolicLink(folder.resolve("link"), victim);
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("absent"));

        for (Path planted : List.of(link, dangling)) {
            assertThrows(FileAlreadyExistsException.class, () -> PrivateFiles.create(planted, Access.OWNER));
            IOException refused = assertThrows(IOException.class, () -> PrivateFiles.openOrCreate(planted));
            assertTrue(refused.getMessage().contains(planted + " is a symbolic link"), refused.getMessage());
            assertThrows(IOException.class, () -> PrivateFiles.restrict(planted, Access.OWNER));
            PrivateFiles.replace(planted, new byte[] {1}, Access.GROUP);
            assertFalse(Files.isSymbolicLink(planted));
            assertEquals("rw-r-----", mode(planted));
        }

        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.exists(folder.resolve("absent")));
    }

    @Test
    void replacesAFileAsAWholeAndLeavesNothingBesideIt() throws IOException {
        Path file = folder.resolve("file");
        PrivateFiles.replace(file, "first".getBytes(), Access.OWNER);
        PrivateFiles.replace(file, "second".getBytes(), Access.OWNER);

        assertEquals("second", Files.readString(file));
        Path occupied =
                Files.createDirectories(folder.resolve("occupied/inside")).getParent();
        assertThrows(IOException.class, () -> PrivateFiles.replace(occupied, new byte[0], Access.OWNER));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file, occupied), files.sorted().toList());
        }
    }

    @Test
    void opensAnExistingFileWithItsContent() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "kept");

        try (FileChannel channel = PrivateFiles.openOrCreate(file)) {
            ByteBuffer content = ByteBuffer.allocate(8);
            channel.read(content);
            assertEquals("kept", new String(content.array(), 0, content.position()));
        }
    }

    @Test
    void worksOnAFileSystemWithoutRights() throws IOException {
        try (FileSystem files = Jimfs.newFileSystem(Configuration.windows())) {
            Path inside = PrivateFiles.createFolders(files.getPath("C:\\a\\b"), Access.OWNER);

            FolderCheck.ofUser(inside);
            FolderCheck.configured(inside, Access.GROUP);
            PrivateFiles.openOrCreate(inside.resolve("lock")).close();
            PrivateFiles.replace(inside.resolve("replaced"), new byte[2], Access.GROUP);
            try (OutputStream out = PrivateFiles.newOutputStream(inside.resolve("file"))) {
                out.write(1);
            }

            assertEquals(1, Files.size(inside.resolve("file")));
            assertEquals(2, Files.size(inside.resolve("replaced")));
        }
    }
}
