package dev.atelier.gateway.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.plugin.ErrorCode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FolderChecksTest {
    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final List<FolderChecks> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(checks -> checks.close().await());
        vertx.close().await();
    }

    private FolderChecks watch(WatchedFolder... folders) {
        return watch(5_000, folders);
    }

    private FolderChecks watch(long timeoutMillis, WatchedFolder... folders) {
        FolderChecks checks = new FolderChecks(vertx, List.of(folders), 0, timeoutMillis);
        open.add(checks);
        return checks;
    }

    private static WatchedFolder written(String name, Path path) {
        return new WatchedFolder(new StorageFolder(name, path, PrivateFiles.Access.OWNER), 0, true);
    }

    private static Optional<StorageFault> check(FolderChecks checks) {
        checks.run().await();
        return checks.fault();
    }

    private static void assertFault(ErrorCode code, String problem, Optional<StorageFault> fault) {
        assertTrue(fault.isPresent(), "no fault");
        assertEquals(code, fault.get().code(), fault.toString());
        assertTrue(fault.get().problem().contains(problem), fault.toString());
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void createsAFolderOnceAndLeavesNoFileInIt() throws IOException {
        Path outputs = folder.resolve("not/there/yet");
        FolderChecks checks = watch(written("outputs", outputs));

        assertEquals(Optional.empty(), check(checks));
        assertEquals(List.of(), files(outputs));
        FolderStatus status = checks.statuses().get(0);
        assertEquals("outputs", status.folder());
        assertTrue(status.freeBytes() > 0 && status.freeBytes() <= status.totalBytes(), status.toString());
    }

    @Test
    void takesAMissingFolderForUnmountedAndNeverCreatesItAgain() throws IOException {
        Path outputs = Files.createDirectories(folder.resolve("volume/outputs"));
        FolderChecks checks = watch(written("outputs", outputs));
        assertEquals(Optional.empty(), check(checks));

        Files.delete(outputs);

        assertFault(ErrorCode.STORAGE_UNAVAILABLE, "unmounted", check(checks));
        assertTrue(Files.notExists(outputs), "created again");
        String problem = checks.statuses().get(0).problem().orElseThrow();
        assertTrue(problem.startsWith("the folder for outputs (" + outputs + "): "), problem);

        Files.createDirectories(outputs);
        assertEquals(Optional.empty(), check(checks), "usable again");
    }

    @Test
    void namesAFileInTheFoldersPlace() throws IOException {
        Path outputs = Files.createDirectories(folder.resolve("outputs"));
        FolderChecks checks = watch(written("outputs", outputs));
        check(checks);
        Files.delete(outputs);
        Files.writeString(outputs, "in the way");

        assertFault(ErrorCode.STORAGE_UNAVAILABLE, "a file is in its place", check(checks));
        assertFault(
                ErrorCode.STORAGE_UNAVAILABLE,
                "",
                check(watch(written("outputs", Files.writeString(folder.resolve("file"), "")))));
    }

    @Test
    void tellsAVolumeThatIsUnmountedFromItsMountPoint() throws Exception {
        Path volume = folder.resolve("volume");
        Path outputs = volume.resolve("outputs");
        try (TinyDisk disk = TinyDisk.mount(volume, 256)) {
            FolderChecks checks = watch(written("outputs", outputs), written("data", volume));
            assertEquals(Optional.empty(), check(checks));

            disk.unmount();
            check(checks);

            for (FolderStatus status : checks.statuses()) {
                assertFault(ErrorCode.STORAGE_UNAVAILABLE, "unmounted", Optional.ofNullable(status.fault()));
            }
            assertEquals(List.of(), files(volume), "nothing is written below the mount point");
            Files.createDirectories(outputs); // on the wrong disk
            assertFault(ErrorCode.STORAGE_UNAVAILABLE, "its volume is unmounted", check(checks));
            assertEquals(List.of(), files(outputs));

            disk.mountAgain();
            assertFault(ErrorCode.STORAGE_UNAVAILABLE, "it is missing", check(checks));
            Files.createDirectories(outputs);
            assertEquals(Optional.empty(), check(checks));
        }
    }

    @Test
    void namesAReadOnlyVolume() throws Exception {
        Path volume = folder.resolve("volume");
        try (TinyDisk disk = TinyDisk.mount(volume, 256)) {
            FolderChecks checks = watch(written("outputs", volume));
            assertEquals(Optional.empty(), check(checks));

            disk.remount(true);
            assertFault(ErrorCode.STORAGE_UNAVAILABLE, "Read-only file system", check(checks));

            disk.remount(false);
            assertEquals(Optional.empty(), check(checks));
        }
    }

    @Test
    void tellsAFullVolumeByWriting() throws Exception {
        Path volume = folder.resolve("volume");
        try (TinyDisk disk = TinyDisk.mount(volume, 64)) {
            FolderChecks checks = watch(written("downloads", volume));
            assertEquals(Optional.empty(), check(checks));

            Path filling = disk.fill();
            assertFault(ErrorCode.STORAGE_FULL, "full", check(checks));
            assertFalse(checks.statuses().get(0).lacksRoom(), "no room is asked for there");

            Files.delete(filling);
            assertEquals(Optional.empty(), check(checks));
        }
    }

    @Test
    void keepsAFolderUnusableUntilAFileAsLargeAsTheOneThatFailedFits() throws Exception {
        Path volume = folder.resolve("volume");
        try (TinyDisk disk = TinyDisk.mount(volume, 64)) {
            StorageFolder outputs = new StorageFolder("outputs", volume, PrivateFiles.Access.OWNER);
            FolderChecks checks = watch(new WatchedFolder(outputs, 0, true));
            assertEquals(Optional.empty(), check(checks));

            checks.report(StorageFault.of(outputs, new IOException("No space left on device"), 60_000));
            assertFault(ErrorCode.STORAGE_FULL, "its disk is full", checks.fault());
            Path filling = Files.write(volume.resolve("filling"), new byte[20_000]);
            assertFault(ErrorCode.STORAGE_FULL, "the last file needed 60000", check(checks));

            Files.delete(filling);
            assertEquals(Optional.empty(), check(checks));
            assertEquals(List.of(), files(volume));
            disk.fill();
        }
    }

    @Test
    void tellsLessRoomThanMustBe() {
        FolderChecks checks = watch(
                new WatchedFolder(new StorageFolder("data", folder, PrivateFiles.Access.OWNER), Long.MAX_VALUE, true));

        assertFault(ErrorCode.STORAGE_FULL, "(MIN_FREE_BYTES)", check(checks));
        assertTrue(checks.statuses().get(0).lacksRoom());
    }

    @Test
    void writesNothingWhereThisProcessDoesNot() throws IOException {
        Path absent = folder.resolve("absent");
        FolderChecks checks =
                watch(new WatchedFolder(new StorageFolder("outputs", absent, PrivateFiles.Access.OWNER), 0, false));

        assertEquals(Optional.empty(), check(checks));
        assertTrue(Files.notExists(absent));

        Files.createDirectories(absent);
        assertEquals(Optional.empty(), check(checks));
        Files.delete(absent);
        assertFault(ErrorCode.STORAGE_UNAVAILABLE, "unmounted", check(checks));
    }

    @Test
    void countsAFolderThatDoesNotAnswerAsUnavailableAndKeepsNoOtherWaiting() throws Exception {
        StorageFolder hanging = new StorageFolder("outputs", folder.resolve("outputs"), PrivateFiles.Access.OWNER);
        FolderChecks checks = watch(300, new WatchedFolder(hanging, 0, true), written("data", folder.resolve("data")));
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch answers = new CountDownLatch(1);
        Thread disk = new Thread(() -> {
            synchronized (hanging) { // whatever asks for the folder now waits as for a disk that hangs
                held.countDown();
                try {
                    answers.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        disk.start();
        held.await();

        assertFault(ErrorCode.STORAGE_UNAVAILABLE, "does not answer within 300 ms", check(checks));
        assertEquals(Optional.empty(), checks.statuses().get(1).problem());

        answers.countDown();
        disk.join();
        assertEquals(Optional.empty(), check(checks));
    }
}
