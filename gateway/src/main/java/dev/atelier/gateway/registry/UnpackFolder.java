package dev.atelier.gateway.registry;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that plugins are unpacked into and loaded from, which no other gateway uses at the same time: the first on
 * a data folder has {@code plugins}, a second beside it {@code plugins-2}. The system lets go of it with the process,
 * and the next start finds there what this one unpacked.
 */
final class UnpackFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UnpackFolder.class);
    private static final String LOCK_FILE = ".lock";
    private static final String REMOVING = ".removing-";
    private static final String SCRATCH = ".unpacking-";
    private static final Pattern OURS =
            Pattern.compile("[0-9a-f]{64}|" + Pattern.quote(REMOVING) + ".*|" + Pattern.quote(SCRATCH) + ".*");
    private static final int MOST = 1_000;

    // A POSIX lock belongs to the process and is lost when any of its channels on the file is closed, so a second
    // registry of this process must be turned away before it opens one.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final @Nullable FileChannel lock;

    private UnpackFolder(Path folder, @Nullable FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Takes the first folder that nobody uses. Where that cannot be found out, nothing is ever removed from it. */
    static UnpackFolder claim(Path dataDir) {
        try {
            for (int number = 1; number <= MOST; number++) {
                Path folder = dataDir.resolve(number == 1 ? "plugins" : "plugins-" + number);
                UnpackFolder claimed = tryClaim(PrivateFiles.createFolders(folder, PrivateFiles.Access.OWNER)
                        .toRealPath());
                if (claimed != null) {
                    return claimed;
                }
            }
        } catch (IOException e) {
            LOG.warn(
                    "cannot lock a folder for plugins in {}: what was unpacked is left there: {}",
                    dataDir,
                    e.toString());
        }
        return new UnpackFolder(dataDir.resolve("plugins"), null);
    }

    private static @Nullable UnpackFolder tryClaim(Path folder) throws IOException {
        if (!HELD.add(folder)) {
            return null;
        }
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel = PrivateFiles.openOrCreate(folder.resolve(LOCK_FILE));
            locked = channel.tryLock() != null;
            return locked ? new UnpackFolder(folder, channel) : null;
        } finally {
            if (!locked) {
                if (channel != null) {
                    channel.close();
                }
                HELD.remove(folder);
            }
        }
    }

    /** Returns the folder of a zip's content by the zip's hash. */
    Path of(String sha256) {
        return folder.resolve(sha256);
    }

    /** Makes a folder for what is not whole yet. */
    Path newScratch() throws IOException {
        if (Files.notExists(folder)) {
            // but not the data folder: where that is missing, its volume is unmounted
            PrivateFiles.createFolder(folder, PrivateFiles.Access.OWNER);
        }
        return Files.createTempDirectory(folder, SCRATCH);
    }

    /**
     * Removes all that was unpacked, or was left half unpacked or half removed by a killed process, but for the folders
     * that are used. Not while anything is being unpacked.
     */
    void keepOnly(Set<Path> used) {
        if (lock == null) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> OURS.matcher(file.getFileName().toString()).matches())
                    .filter(file -> !used.contains(file))
                    .forEach(this::remove);
        } catch (IOException e) {
            LOG.warn("{} cannot be listed: {}", folder, e.toString());
        }
    }

    // Under another name first: what has a hash for a name must be whole, whenever the process is killed.
    private void remove(Path unpacked) {
        try {
            Path going = folder.resolve(REMOVING + UUID.randomUUID());
            Files.move(unpacked, going);
            deleteAll(going);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed: {}", unpacked, e.toString());
        }
    }

    static void deleteAll(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Lets another gateway have the folder. */
    @Override
    public void close() {
        if (lock != null && lock.isOpen()) {
            try {
                lock.close();
            } catch (IOException e) {
                LOG.warn("cannot unlock {}", folder, e);
            }
            HELD.remove(folder);
        }
    }
}
