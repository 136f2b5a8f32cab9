package dev.atelier.gateway.storage;

import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks one folder: that it is there, that enough is free, and every few seconds that a file can be created, written,
 * synced and removed. One check at a time: one that hangs has none behind it.
 */
final class FolderCheck {
    private static final Logger LOG = LoggerFactory.getLogger(FolderCheck.class);
    /** Of this process, so that a file that could not be removed stays the only one. */
    private static final String FILE = ".atelier-check-" + UUID.randomUUID();
    /** The largest file that a check writes. */
    private static final long MOST_BYTES = 64 << 20;

    private static final int BLOCK = 1 << 16;

    private final WatchedFolder watched;
    private final StorageFolder folder;
    private final WorkerExecutor executor;
    private final long writeNanos;
    private final long timeoutMillis;
    private volatile FolderStatus status;
    /** Counts reports, so that a check that began before one does not overrule it. */
    private int reports;

    private long neededBytes;
    private long written = System.nanoTime();
    private boolean neverWritten = true;
    private @Nullable Future<FolderStatus> running;

    FolderCheck(WatchedFolder watched, WorkerExecutor executor, long writeMillis, long timeoutMillis) {
        this.watched = watched;
        this.folder = watched.folder();
        this.executor = executor;
        this.writeNanos = TimeUnit.MILLISECONDS.toNanos(writeMillis);
        this.timeoutMillis = timeoutMillis;
        this.status = unknown(null);
    }

    private FolderStatus unknown(@Nullable StorageFault fault) {
        return new FolderStatus(folder.name(), folder.path(), -1, -1, watched.leastBytes(), fault);
    }

    FolderStatus status() {
        return status;
    }

    boolean isOf(StorageFault fault) {
        return fault.folder().equals(folder.name());
    }

    synchronized void report(StorageFault fault) {
        reports++;
        neededBytes = Math.max(neededBytes, fault.neededBytes());
        show(status.with(fault));
    }

    /** Ends when the check has ended or its time is over. Never fails. */
    synchronized Future<FolderStatus> run() {
        if (running == null || running.isComplete()) {
            int before = reports;
            long needed = neededBytes;
            boolean writes = watched.written()
                    && (neverWritten || status.fault() != null || System.nanoTime() - written >= writeNanos);
            running = executor.executeBlocking(() -> check(needed, writes), false)
                    .onSuccess(found -> ended(found, before, writes));
        }
        return running.timeout(timeoutMillis, TimeUnit.MILLISECONDS).recover(this::failed);
    }

    private synchronized void ended(FolderStatus found, int before, boolean writes) {
        if (before != reports) {
            show(found.with(status.fault()));
            return;
        }
        if (writes && found.fault() == null) {
            neverWritten = false;
            written = System.nanoTime();
            neededBytes = 0;
        }
        show(found);
    }

    private synchronized Future<FolderStatus> failed(Throwable failure) {
        boolean late = failure instanceof TimeoutException && running != null && !running.isComplete();
        if (late) {
            show(status.with(StorageFault.silent(folder, timeoutMillis)));
        }
        return Future.succeededFuture(status);
    }

    private void show(FolderStatus now) {
        StorageFault before = status.fault();
        status = now;
        StorageFault fault = now.fault();
        if (fault == null && before != null) {
            LOG.info("folder became usable folder={} path={}", folder.name(), folder.path());
        } else if (fault != null && (before == null || !before.problem().equals(fault.problem()))) {
            LOG.error(
                    "folder became unusable folder={} path={} code={} problem={}",
                    folder.name(),
                    folder.path(),
                    fault.code(),
                    fault.problem());
        }
    }

    private FolderStatus check(long needed, boolean writes) {
        FolderStatus found = unknown(null);
        try {
            if (watched.written()) {
                folder.require();
            } else {
                folder.requireUnlessNew();
            }
            FileStore disk = folder.disk();
            found = new FolderStatus(
                    folder.name(),
                    folder.path(),
                    disk.getUsableSpace(),
                    disk.getTotalSpace(),
                    watched.leastBytes(),
                    null);
            if (found.lacksRoom()) {
                return found.with(StorageFault.full(
                        folder,
                        "it has " + found.freeBytes() + " bytes left, and needs " + watched.leastBytes()
                                + " (MIN_FREE_BYTES)"));
            }
            if (found.freeBytes() < needed) {
                return found.with(StorageFault.full(
                        folder, "it has " + found.freeBytes() + " bytes left, and the last file needed " + needed));
            }
            if (writes) {
                write(Math.min(Math.max(1, needed), MOST_BYTES));
            }
            return found;
        } catch (IOException e) {
            return found.with(StorageFault.of(folder, e, 0));
        } catch (RuntimeException e) {
            LOG.error("folder check failed folder={}", folder.name(), e);
            return found.with(StorageFault.unavailable(folder, e.toString()));
        }
    }

    // On most systems the name is gone as soon as the file is open, so that a killed process leaves nothing behind.
    private void write(long bytes) throws IOException {
        Path file = folder.path().resolve(FILE);
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE,
                        LinkOption.NOFOLLOW_LINKS))) {
            ByteBuffer block = ByteBuffer.allocate((int) Math.min(bytes, BLOCK));
            for (long left = bytes; left > 0; ) {
                block.clear().limit((int) Math.min(left, BLOCK));
                left -= channel.write(block);
            }
            channel.force(true);
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            Files.delete(file); // says why it could not be removed
        }
    }
}
