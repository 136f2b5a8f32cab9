package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of downloaded files, bounded in bytes. The file that was not used for longest goes first; one in use, here
 * or in another gateway that shares the folder, never. When a file was used last is its access time, which is set at
 * each use. Files that are not the cache's are neither counted nor touched. Blocks; thread-safe.
 */
final class DownloadCache {
    private static final Logger LOG = LoggerFactory.getLogger(DownloadCache.class);
    /** What nobody has written to for so long was left behind by a process that is gone. */
    private static final Duration ABANDONED = Duration.ofHours(2);

    private final RemoteSettings.Cache settings;
    private final Map<Path, Long> reserved = new HashMap<>();

    DownloadCache(RemoteSettings.Cache settings) {
        this.settings = settings;
    }

    /** A file of the folder. */
    private record Entry(Path file, long size, FileTime used, FileTime modified) {
        String name() {
            return file.getFileName().toString();
        }
    }

    /** Takes a name into use: whether its file is there now or comes later, it stays until the lease is closed. */
    Lease lease(String name) throws IOException {
        Leases leases = Leases.open(settings.folder());
        leases.acquire(name);
        return new Lease(leases, name);
    }

    /** Returns the file of a name, used as of now. */
    Optional<Path> find(String name) {
        Path file = settings.folder().resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try {
            Files.getFileAttributeView(file, BasicFileAttributeView.class)
                    .setTimes(null, FileTime.from(Instant.now()), null);
        } catch (IOException e) {
            LOG.debug("cannot note the use of {}", name, e); // somebody else's file; it may go earlier than it should
        }
        return Optional.of(file);
    }

    /** Returns what tells a file from one that takes its place later. */
    static Object identity(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return List.of(attributes.size(), attributes.lastModifiedTime(), String.valueOf(attributes.fileKey()));
    }

    /** Removes a file that turned out to be damaged, unless another has taken its place. */
    void discard(Path file, Object identity) throws IOException {
        if (identity(file).equals(identity)) {
            Files.deleteIfExists(file);
        }
    }

    /** Begins a file. */
    PartialFile create(String name) throws IOException {
        PrivateFiles.createFolders(settings.folder(), PrivateFiles.Access.OWNER);
        return PartialFile.create(settings.folder().resolve("." + name + "." + UUID.randomUUID() + ".part"));
    }

    /** Gives a whole file its name; where another gateway was faster, its file stays. */
    Path publish(PartialFile part, String name) throws IOException {
        Path file = settings.folder().resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            part.publish(file); // also in the place of a link, which nobody here has made
        }
        return file;
    }

    /** Ends a file that is coming over, published or not. */
    void end(PartialFile part) throws IOException {
        synchronized (this) {
            reserved.remove(part.path());
        }
        part.close();
    }

    /**
     * Makes room for a file that is coming over.
     *
     * @param bytes how long it is, or is so far
     * @throws dev.atelier.plugin.PipelineException LORA_TOO_LARGE when it can never fit
     * @throws BrokenTransfer when files in use leave no room for it
     */
    synchronized void reserve(PartialFile part, long bytes, String source) throws IOException {
        long bound = settings.maxTotalBytes();
        if (bytes > bound) {
            throw Failures.tooLarge(
                    source, "it does not fit into the download cache, which may hold " + bound + " bytes", bound);
        }
        if (bytes <= reserved.getOrDefault(part.path(), 0L)) {
            return;
        }
        reserved.put(part.path(), bytes);
        if (evict(bound) > bound) {
            reserved.put(part.path(), 0L);
            throw BrokenTransfer.connection("the download cache is full of files in use");
        }
    }

    /** Removes files until the rest is within a bound or in use; returns how many bytes are left. */
    private long evict(long bound) throws IOException {
        List<Entry> cached = new ArrayList<>();
        long total = 0;
        for (Entry entry : entries()) {
            total += Math.max(entry.size(), reserved.getOrDefault(entry.file(), 0L));
            if (CachedName.isCached(entry.name())) {
                cached.add(entry);
            }
        }
        cached.sort(Comparator.comparing(Entry::used));
        Leases leases = Leases.open(settings.folder());
        try {
            for (Entry entry : cached) {
                if (total > bound && leases.deleteUnused(entry.name())) {
                    LOG.info("removed {} from the download cache to make room", entry.name());
                    total -= entry.size();
                }
            }
        } finally {
            leases.close();
        }
        return total;
    }

    /** Returns the cache's files, whole ones and those coming over; removes those that never will. */
    private List<Entry> entries() throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                settings.folder(),
                file -> CachedName.isCached(file.getFileName().toString())
                        || CachedName.isPartial(file.getFileName().toString()))) {
            for (Path file : files) {
                entry(file).ifPresent(entries::add);
            }
        }
        return entries;
    }

    private Optional<Entry> entry(Path file) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Entry entry =
                    new Entry(file, attributes.size(), attributes.lastAccessTime(), attributes.lastModifiedTime());
            boolean abandoned = CachedName.isPartial(entry.name())
                    && !reserved.containsKey(file)
                    && entry.modified().toInstant().isBefore(Instant.now().minus(ABANDONED));
            if (abandoned) {
                Files.deleteIfExists(file);
            }
            return attributes.isRegularFile() && !abandoned ? Optional.of(entry) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty(); // gone meanwhile
        }
    }
}
