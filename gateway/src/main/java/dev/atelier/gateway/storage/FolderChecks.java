package dev.atelier.gateway.storage;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Checks every second whether folders can be used, on threads of its own, and keeps the results: reading them touches
 * no disk. Safe from any thread.
 */
public final class FolderChecks {
    /** The interval at which free space is read. */
    private static final long PERIOD_MILLIS = 1_000;
    /** How often a file is written into a folder that can be used. */
    private static final long WRITE_MILLIS = 5_000;
    /** After this time without an answer a folder counts as unavailable. */
    private static final long TIMEOUT_MILLIS = 5_000;

    private final Vertx vertx;
    private final WorkerExecutor executor;
    private final List<FolderCheck> checks;
    private final long timer;

    /** Starts to check folders. */
    public FolderChecks(Vertx vertx, List<WatchedFolder> folders) {
        this(vertx, folders, WRITE_MILLIS, TIMEOUT_MILLIS);
    }

    FolderChecks(Vertx vertx, List<WatchedFolder> folders, long writeMillis, long timeoutMillis) {
        this.vertx = vertx;
        // a thread for each folder, so that a disk that hangs keeps no other waiting
        this.executor =
                vertx.createSharedWorkerExecutor("atelier-disks", Math.max(1, folders.size()), 10, TimeUnit.MINUTES);
        this.checks = folders.stream()
                .map(folder -> new FolderCheck(folder, executor, writeMillis, timeoutMillis))
                .toList();
        this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> run());
    }

    /** Checks every folder whose former check has ended; ends when each has answered or its time is over. */
    public Future<List<FolderStatus>> run() {
        return Future.join(checks.stream().map(FolderCheck::run).toList()).map(done -> statuses());
    }

    /** Returns the latest results, in the order of the folders. */
    public List<FolderStatus> statuses() {
        return checks.stream().map(FolderCheck::status).toList();
    }

    /** Returns why this process cannot do jobs; empty when it can. */
    public Optional<StorageFault> fault() {
        return checks.stream()
                .flatMap(check -> Optional.ofNullable(check.status().fault()).stream())
                .findFirst();
    }

    /** A folder turned out to be unusable: it counts as such until a file can be written into it. */
    public void report(StorageFault fault) {
        checks.stream().filter(check -> check.isOf(fault)).forEach(check -> check.report(fault));
    }

    /** Ends the checks. */
    public Future<Void> close() {
        vertx.cancelTimer(timer);
        return executor.close();
    }
}
