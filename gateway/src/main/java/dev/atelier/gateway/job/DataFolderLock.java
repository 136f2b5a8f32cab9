package dev.atelier.gateway.job;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second process, or a second store of this one, out of a data folder. Held until closed or the process ends.
 */
final class DataFolderLock implements AutoCloseable {
    // A POSIX lock belongs to the process and is lost when any of its channels on the file is closed, so a second
    // store of this process must be turned away before it opens one.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private DataFolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    static DataFolderLock acquire(Path folder) throws IOException {
        Path real = folder.toRealPath();
        if (!HELD.add(real)) {
            throw taken(folder);
        }
        @Nullable DataFolderLock lock = null;
        try {
            lock = tryLock(real);
        } finally {
            if (lock == null) {
                HELD.remove(real);
            }
        }
        return lock;
    }

    private static DataFolderLock tryLock(Path folder) throws IOException {
        Path file = folder.resolve("lock");
        FileChannel channel = PrivateFiles.openOrCreate(file);
        if (channel.tryLock() == null) {
            channel.close();
            throw taken(folder);
        }
        return new DataFolderLock(folder, channel);
    }

    private static IOException taken(Path folder) {
        return new IOException("data folder " + folder + " is in use by another gateway");
    }

    @Override
    public void close() throws IOException {
        channel.close();
        HELD.remove(folder);
    }
}
