package dev.atelier.gateway.output;

import dev.atelier.gateway.job.DiscardedJob;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.plugin.RgbImage;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
     * Keeps an eye on the disks of the pictures and of other folders from now on, for as long as this is open.
     *
     * @param others by the names that metrics know them by
     * @param least how many bytes must be free on each
     */
    Future<Void> watch(Map<String, Path> others, long least);

    /** Looks at the disks, or returns the look that is under way: one that hangs has none behind it. */
    Future<List<DiskSpace>> look();

    /** Fails with STORAGE_FULL when a disk had no room a moment ago. */
    void requireRoom();

    /** Returns whether the disks had room a moment ago. */
    boolean hasRoom();

    /** Prepares for the first picture, which no job should wait for. */
    Future<Void> warmUp();

    /** Lets its threads go. */
    Future<Void> close();
}
