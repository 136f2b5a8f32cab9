package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.storage.StorageFolder;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadCacheTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(100_000, 1);
    private static final String PART = ".x_98208a41f3317707.safetensors.123e4567-e89b-12d3-a456-426614174000.part";

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private Client room(int files) {
        return Client.in(folder).bounds(1 << 20, (long) files * FILE.length);
    }

    private static void fetchAndRelease(RemoteFiles files, String url) {
        Client.fetch(files, url).compose(RemoteFile::release).await();
    }

    private boolean holds(String name) {
        return Client.in(folder).cached().stream().anyMatch(file -> file.startsWith(name + "_"));
    }

    /** Moves the time of a file's last use back. */
    private void usedLongAgo(String name, int minutes) throws IOException {
        String file = Client.in(folder).cached().stream()
                .filter(cached -> cached.startsWith(name + "_"))
                .findFirst()
                .orElseThrow();
        Files.getFileAttributeView(folder.resolve(file), BasicFileAttributeView.class)
                .setTimes(null, FileTime.from(Instant.now().minus(Duration.ofMinutes(minutes))), null);
    }

    @Test
    void removesTheFileThatWasNotUsedForLongest() throws IOException {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = room(3).open(VERTX);
        for (String name : List.of("a", "b", "c")) {
            fetchAndRelease(files, site.url("/" + name + ".safetensors"));
        }
        usedLongAgo("a", 30);
        usedLongAgo("b", 20);
        usedLongAgo("c", 10);
        fetchAndRelease(files, site.url("/a.safetensors"));

        fetchAndRelease(files, site.url("/d.safetensors"));

        assertTrue(holds("a") && holds("c") && holds("d"));
        assertFalse(holds("b"));
        assertEquals(4, site.count());
    }

    @Test
    void keepsDownloadsToTheirOwnerAndFollowsNoPlantedLink() throws IOException {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = room(3).open(VERTX);
        fetchAndRelease(files, site.url("/a.safetensors"));
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        Path cached = folder.resolve(CachedName.of(site.url("/b.safetensors"), null));
        Files.createSymbolicLink(cached, victim);

        fetchAndRelease(files, site.url("/b.safetensors"));

        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.isSymbolicLink(cached));
        Path other = folder.resolve(CachedName.of(site.url("/a.safetensors"), null));
        for (Path file : List.of(cached, other, folder.resolve(".locks"))) {
            assertEquals(
                    PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(file), file::toString);
        }
    }

    @Test
    void keepsTheTimeOfAFileThatIsUsedAgain() throws IOException {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = room(3).open(VERTX);
        Path file = Client.fetch(files, site.url("/a.safetensors")).await().path();
        usedLongAgo("a", 30);
        BasicFileAttributes before = Files.readAttributes(file, BasicFileAttributes.class);

        fetchAndRelease(files, site.url("/a.safetensors"));

        BasicFileAttributes after = Files.readAttributes(file, BasicFileAttributes.class);
        assertEquals(before.lastModifiedTime(), after.lastModifiedTime());
        assertTrue(after.lastAccessTime().compareTo(before.lastAccessTime()) > 0);
    }

    @Test
    void neverRemovesAFileThatIsInUse() throws IOException {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = room(2).open(VERTX);
        RemoteFile used = Client.fetch(files, site.url("/a.safetensors")).await();
        RemoteFile usedTwice = Client.fetch(files, site.url("/a.safetensors")).await();
        fetchAndRelease(files, site.url("/b.safetensors"));
        usedLongAgo("a", 30);
        used.release().await();
        used.release().await();

        fetchAndRelease(files, site.url("/c.safetensors"));
        assertTrue(holds("a") && holds("c"));
        assertFalse(holds("b"));

        usedTwice.release().await();
        usedLongAgo("a", 30);
        fetchAndRelease(files, site.url("/d.safetensors"));
        assertFalse(holds("a"));
    }

    @Test
    void saysSoWhenFilesInUseLeaveNoRoom() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = room(1).open(VERTX);
        RemoteFile used = Client.fetch(files, site.url("/a.safetensors")).await();

        PipelineException failure = Client.failure(files, site.url("/b.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);

        assertTrue(failure.getMessage().contains("full of files in use"), failure.getMessage());
        assertEquals(3, failure.details().get("tries"));
        assertArrayEquals(FILE, Client.bytes(used));
    }

    @Test
    void refusesAFileThatNeverFits() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).bounds(1 << 20, FILE.length - 1).open(VERTX);

        PipelineException failure = Client.failure(files, site.url("/a.safetensors"), ErrorCode.LORA_TOO_LARGE);

        assertTrue(failure.getMessage().contains("does not fit into the download cache"), failure.getMessage());
        assertEquals(1, site.count());
    }

    @Test
    void holdsTheBoundAlsoForFilesOfUnknownLength() {
        byte[] large = Safetensors.ofBytes(3_000_000, 2);
        Site site = Site.start(
                VERTX, (number, request) -> request.response().setChunked(true).end(Buffer.buffer(large)));

        Client.failure(
                Client.in(folder).bounds(1 << 30, 2_500_000).open(VERTX),
                site.url("/a.safetensors"),
                ErrorCode.LORA_TOO_LARGE);
        assertEquals(List.of(), Client.in(folder).cached());
    }

    @Test
    void countsDownloadsUnderWayAgainstTheBound() throws IOException {
        DownloadCache cache = new DownloadCache(
                room(1).settings().cache(), new StorageFolder("downloads", folder, PrivateFiles.Access.OWNER));
        PartialFile underWay = cache.create("a_98208a41f3317707.safetensors");
        cache.reserve(underWay, FILE.length, "a");
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = room(1).open(VERTX);
        underWay.write(0, Buffer.buffer(FILE));

        Client.failure(files, site.url("/b.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);

        cache.end(underWay);
        fetchAndRelease(files, site.url("/b.safetensors"));
        assertEquals(1, Client.in(folder).cached().size());
    }

    @Test
    void touchesNoFilesButItsOwn() throws IOException {
        Files.write(folder.resolve("mine.safetensors"), new byte[1 << 20]);
        Files.write(folder.resolve("notes.txt"), new byte[1 << 20]);
        Files.createDirectories(folder.resolve("folder_98208a41f3317707.safetensors"));
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = room(1).open(VERTX);

        fetchAndRelease(files, site.url("/a.safetensors"));
        fetchAndRelease(files, site.url("/b.safetensors"));

        assertTrue(Files.exists(folder.resolve("mine.safetensors")));
        assertTrue(Files.exists(folder.resolve("notes.txt")));
        assertTrue(Files.isDirectory(folder.resolve("folder_98208a41f3317707.safetensors")));
        assertFalse(holds("a"));
    }

    @Test
    void replacesALinkInTheCacheByAFile() throws IOException {
        byte[] other = Safetensors.ofBytes(10, 3);
        Site site = Site.serving(VERTX, FILE);
        Path outside = Files.write(folder.resolve("outside"), other);
        Files.createSymbolicLink(folder.resolve(CachedName.of(site.url("/a.safetensors"), null)), outside);

        assertArrayEquals(FILE, Client.bytes(room(1).open(VERTX), site.url("/a.safetensors")));
        assertArrayEquals(other, Files.readAllBytes(outside));
    }

    @Test
    void clearsAwayWhatAVanishedProcessLeftBehind() throws IOException {
        Path abandoned = Files.write(folder.resolve(PART), new byte[100]);
        Files.setLastModifiedTime(abandoned, FileTime.from(Instant.now().minus(Duration.ofHours(3))));
        Path recent = Files.write(folder.resolve(PART.replace("123e", "223e")), new byte[100]);
        Site site = Site.serving(VERTX, FILE);

        fetchAndRelease(room(3).open(VERTX), site.url("/a.safetensors"));

        assertFalse(Files.exists(abandoned));
        assertTrue(Files.exists(recent));
    }
}
