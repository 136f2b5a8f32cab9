package dev.atelier.gateway.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.gateway.files.PrivateFiles.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderCheckTest {
    private static final int ANOTHER_USER = 12_345;

    @TempDir
    Path folder;

    private Path withMode(String mode) throws IOException {
        Path made = Files.createDirectory(folder.resolve("made"));
        return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(mode));
    }

    private static String refusedOfUser(Path checked) {
        return String.valueOf(assertThrows(IOException.class, () -> FolderCheck.ofUser(checked))
                .getMessage());
    }

    private static String refusedConfigured(Path checked) {
        return String.valueOf(assertThrows(IOException.class, () -> FolderCheck.configured(checked, Access.GROUP))
                .getMessage());
    }

    @Test
    void createsAFolderOfTheUserForTheUserAlone() throws IOException {
        Path made = folder.resolve("share/atelier");

        FolderCheck.ofUser(made);
        FolderCheck.ofUser(made);

        assertEquals(PosixFilePermissions.fromString("rwx------"), Files.getPosixFilePermissions(made));
        try (Stream<Path> files = Files.list(made)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwx---", "rwx-w----", "rwxr-xrwx", "rwx----w-"})
    void refusesAFolderOfTheUserThatOthersMayWrite(String mode) throws IOException {
        Path made = withMode(mode);

        String message = refusedOfUser(made);

        assertTrue(message.contains("can be written by other users"), message);
        assertTrue(message.contains("chmod go-w " + made), message);
    }

    @Test
    void acceptsAFolderOfTheUserThatOthersMayOnlyRead() throws IOException {
        FolderCheck.ofUser(withMode("rwxr-xr-x"));
    }

    @Test
    void refusesAFolderOfAnotherUser() throws IOException {
        Path made = withMode("rwxr-xr-x");
        assumeTrue(give(made), "only root can give a folder away");

        String message = refusedOfUser(made);

        assertTrue(message.contains("belongs to the user " + ANOTHER_USER), message);
    }

    private static boolean give(Path made) {
        try {
            Files.setAttribute(made, "unix:uid", ANOTHER_USER);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void acceptsAConfiguredFolderThatAGroupShares() throws IOException {
        Path made = withMode("rwxrwxr-x");
        give(made);

        FolderCheck.configured(made, Access.GROUP);
    }

    @Test
    void refusesAConfiguredFolderThatEveryUserMayWrite() throws IOException {
        Path made = withMode("rwxrwxrwx");

        String message = refusedConfigured(made);

        assertTrue(message.contains("can be written by every user"), message);
        FolderCheck.configured(made.resolve("inside"), Access.GROUP);
        assertEquals(
                PosixFilePermissions.fromString("rwxr-x---"), Files.getPosixFilePermissions(made.resolve("inside")));
    }

    @Test
    void saysWhyAFolderCannotBeUsed() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("absent"));

        assertTrue(refusedConfigured(file).endsWith("cannot be created (not a folder)"), refusedConfigured(file));
        assertTrue(refusedConfigured(file.resolve("inside")).contains("not a folder: " + file));
        assertTrue(refusedOfUser(dangling).endsWith("cannot be created (not a folder)"), refusedOfUser(dangling));
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "a file system on which even root creates nothing");
        assertTrue(refusedConfigured(Path.of("/proc")).startsWith("/proc cannot be written ("));
    }
}
