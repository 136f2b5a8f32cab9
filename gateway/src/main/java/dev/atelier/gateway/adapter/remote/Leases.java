package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which files of a folder are in use, by this process or another. A file in use is a shared lock on one byte of the
 * folder's lock file, at a position that the file's name gives: the system drops it with the process, and nothing is
 * left behind. There is one per folder and process, because a process loses its locks on a file when any of its
 * channels on it is closed. Blocks.
 */
final class Leases {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);
    private static final String LOCK_FILE = ".locks";
    private static final Map<Path, Leases> OPEN = new HashMap<>();

    private final Path folder;
    private final Map<String, Hold> holds = new HashMap<>();
    private int users;
    private boolean lockable = true;
    private @Nullable FileChannel channel;

    /** A name that is in use here, and how often. */
    private static final class Hold {
        private int count;
        private @Nullable FileLock lock;
    }

    private Leases(Path folder) {
        this.folder = folder;
    }

    /** Opens the leases of a folder that exists. */
    static Leases open(Path folder) throws IOException {
        synchronized (OPEN) {
            Leases leases = OPEN.computeIfAbsent(folder.toRealPath(), Leases::new);
            leases.users++;
            return leases;
        }
    }

    /** Lets the lock file go with its last user. */
    void close() throws IOException {
        synchronized (OPEN) {
            if (--users == 0) {
                OPEN.remove(folder);
                closeChannel();
            }
        }
    }

    private synchronized void closeChannel() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    /** Takes a name into use; each call is to be answered by one of {@link #release}. */
    synchronized void acquire(String name) {
        Hold hold = holds.computeIfAbsent(name, unused -> new Hold());
        if (hold.count++ == 0) {
            hold.lock = lock(name, true);
        }
    }

    /** Ends one use of a name. */
    synchronized void release(String name) {
        Hold hold = holds.get(name);
        if (hold != null && --hold.count == 0) {
            holds.remove(name);
            unlock(hold.lock);
        }
    }

    /** Deletes the file of a name unless it is in use; returns whether it is gone. */
    synchronized boolean deleteUnused(String name) throws IOException {
        if (holds.containsKey(name)) {
            return false;
        }
        FileLock lock = lock(name, false);
        if (lock == null && lockable) {
            return false; // another process uses it
        }
        try {
            Files.deleteIfExists(folder.resolve(name));
            return true;
        } finally {
            unlock(lock);
        }
    }

    /** Waits for a shared lock, which no one withholds for longer than a deletion takes; an exclusive one is tried. */
    private @Nullable FileLock lock(String name, boolean shared) {
        try {
            FileChannel file = channel == null ? openChannel() : channel;
            long position = position(name);
            return shared ? file.lock(position, 1, true) : file.tryLock(position, 1, false);
        } catch (IOException e) {
            lockable = false;
            LOG.warn("cannot lock in {}: other gateways may remove downloads in use here", folder, e);
            return null;
        }
    }

    private FileChannel openChannel() throws IOException {
        FileChannel opened = PrivateFiles.openOrCreate(folder.resolve(LOCK_FILE));
        channel = opened;
        return opened;
    }

    private static long position(String name) {
        return Hashes.md5(name) >>> 2;
    }

    private static void unlock(@Nullable FileLock lock) {
        if (lock != null) {
            try {
                lock.release();
            } catch (IOException e) {
                LOG.warn("cannot unlock a download", e);
            }
        }
    }
}
