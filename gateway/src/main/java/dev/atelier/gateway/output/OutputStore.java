package dev.atelier.gateway.output;

import dev.atelier.gateway.job.DiscardedJob;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.gateway.storage.FolderStatus;
import dev.atelier.gateway.storage.StorageFault;
import dev.atelier.gateway.storage.WatchedFolder;
import dev.atelier.plugin.RgbImage;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where finished pictures are kept, for every gateway to send. Nothing of it blocks; from any thread. */
public interface OutputStore {
    /**
     * Encodes and writes a picture; whole or not at all, and kept once this succeeds. What attempts at one job write
     * never meets.
     *
     * @param attempt from 1
     */
    Future<SavedImage> save(String jobId, int index, int attempt, OutputFormat format, RgbImage image);

    /** Returns a file of this machine with a recorded picture, for sending; empty when there is none. */
    Future<Optional<Path>> resolve(OutputImage image);

    /** Removes whatever the attempts at a job may have left. */
    Future<Void> remove(DiscardedJob job);

    /**
     * Checks the images' folder and other folders from now on, for as long as this is open; ends when each was checked
     * once.
     *
     * @param leastBytes how much must stay free in the images' folder
     * @param written whether this process writes images
     */
    Future<Void> watch(long leastBytes, boolean written, List<WatchedFolder> others);

    /** Returns the latest result of each folder's check. */
    List<FolderStatus> folders();

    /** Returns why this worker can do no job, by the latest checks; empty when it can. */
    Optional<StorageFault> fault();

    /** A folder turned out to be unusable: it counts as such until a check has written into it. */
    void report(StorageFault fault);

    /** Fails with STORAGE_FULL when less was free a moment ago than must be. */
    void requireRoom();

    /** Fails as {@link #requireRoom} does, and with the fault of the images' folder. */
    void requireUsable();

    /** Prepares for the first picture, which no job should wait for. */
    Future<Void> warmUp();

    /** Lets its threads go. */
    Future<Void> close();
}
