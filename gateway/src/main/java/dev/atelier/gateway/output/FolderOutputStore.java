package dev.atelier.gateway.output;

import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.files.PrivateFiles.Access;
import dev.atelier.gateway.job.DiscardedJob;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.gateway.storage.FolderChecks;
import dev.atelier.gateway.storage.FolderStatus;
import dev.atelier.gateway.storage.StorageFault;
import dev.atelier.gateway.storage.StorageFolder;
import dev.atelier.gateway.storage.WatchedFolder;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.RgbImage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes pictures under one base folder. Encoding and writing run on threads of their own, at most as many at once as
 * pictures may wait in memory; what else touches files on others.
 */
public final class FolderOutputStore implements OutputStore {
    private static final Logger LOG = LoggerFactory.getLogger(FolderOutputStore.class);
    private static final int THREADS = 2;
    private static final Pattern JOB_ID = Pattern.compile("[0-9a-f-]{1,64}");

    /** After this time a disk that takes no file is not waited for. */
    private static final long SAVE_MILLIS = 120_000;
    /** The interval at which unfinished files of killed processes are removed. */
    private static final long SWEEP_MILLIS = 3_600_000;

    private static final Duration ABANDONED = Duration.ofHours(1);
    private static final int RETRY_SECONDS = 60;

    private final Vertx vertx;
    private final StorageFolder folder;
    private final Path base;
    private final WorkerExecutor executor;
    private final WorkerExecutor files;
    private volatile @Nullable FolderChecks checks;
    private long sweeps = -1;

    /** Creates a store over a base folder, which is created when the first picture is written. */
    public FolderOutputStore(Vertx vertx, Path base) {
        this.vertx = vertx;
        this.folder = new StorageFolder("outputs", base, Access.GROUP);
        this.base = folder.path();
        this.executor = vertx.createSharedWorkerExecutor("atelier-output", THREADS, 5, TimeUnit.MINUTES);
        this.files = vertx.createSharedWorkerExecutor("atelier-files", THREADS, 5, TimeUnit.MINUTES);
    }

    /** Writes {@code ID_output_INDEX.jpg}, and {@code ID_output_INDEX.ATTEMPT.jpg} from the second attempt on. */
    @Override
    public Future<SavedImage> save(String jobId, int index, int attempt, OutputFormat format, RgbImage image) {
        return executor.executeBlocking(
                        () -> {
                            Path file = base.resolve(name(jobId, index, attempt, format));
                            long start = System.nanoTime();
                            byte[] content = ImageEncoder.encode(image, format);
                            long encoded = System.nanoTime();
                            writeOrNameFault(file, content);
                            return new SavedImage(file, (encoded - start) / 1e9, (System.nanoTime() - encoded) / 1e9);
                        },
                        false)
                .timeout(SAVE_MILLIS, TimeUnit.MILLISECONDS)
                .recover(failure -> Future.failedFuture(
                        failure instanceof TimeoutException
                                ? StorageFault.silent(folder, SAVE_MILLIS).exception(failure)
                                : failure));
    }

    @Override
    public Future<Optional<Path>> resolve(OutputImage image) {
        return files.executeBlocking(() -> confined(image.filePath()), false);
    }

    @Override
    public Future<Void> watch(long leastBytes, boolean written, List<WatchedFolder> others) {
        List<WatchedFolder> folders = new ArrayList<>(others);
        folders.add(new WatchedFolder(folder, leastBytes, written));
        FolderChecks started = new FolderChecks(vertx, folders);
        checks = started;
        sweeps = vertx.setPeriodic(SWEEP_MILLIS, timer -> sweep());
        sweep();
        return started.run().mapEmpty();
    }

    @Override
    public List<FolderStatus> folders() {
        FolderChecks current = checks;
        return current == null ? List.of() : current.statuses();
    }

    @Override
    public Optional<StorageFault> fault() {
        FolderChecks current = checks;
        return current == null ? Optional.empty() : current.fault();
    }

    @Override
    public void report(StorageFault fault) {
        FolderChecks current = checks;
        if (current != null) {
            current.report(fault);
        }
    }

    private void sweep() {
        files.executeBlocking(
                        () -> {
                            removeAbandoned();
                            return base;
                        },
                        false)
                .onFailure(failure -> LOG.warn("unfinished images were not removed path={}", base, failure));
    }

    @Override
    public void requireRoom() {
        if (folders().stream().anyMatch(FolderStatus::lacksRoom)) {
            throw new PipelineException(
                    ErrorCode.STORAGE_FULL,
                    "The server's disk is full",
                    Map.of("retry_after_seconds", RETRY_SECONDS),
                    null);
        }
    }

    @Override
    public void requireUsable() {
        requireRoom();
        fault().filter(fault -> fault.folder().equals(folder.name())).ifPresent(fault -> {
            throw fault.exception(null);
        });
    }

    @Override
    public Future<Void> remove(DiscardedJob job) {
        return files.executeBlocking(
                        () -> {
                            for (OutputFormat format : OutputFormat.values()) {
                                for (int index = 0; index < job.images(); index++) {
                                    removeAttempts(job, index, format);
                                }
                            }
                            return job;
                        },
                        false)
                .mapEmpty();
    }

    private void removeAttempts(DiscardedJob job, int index, OutputFormat format) throws IOException {
        for (int attempt = 1; attempt <= job.attempts(); attempt++) {
            Path file = base.resolve(name(job.id(), index, attempt, format));
            Files.deleteIfExists(file);
        }
    }

    /** Encodes a dot in the background: the JDK's image classes take half a second to load. */
    @Override
    public Future<Void> warmUp() {
        RgbImage dot = new RgbImage(new ImageSize(1, 1), new byte[3]);
        return executor.executeBlocking(() -> ImageEncoder.encode(dot, OutputFormat.JPEG), false)
                .mapEmpty();
    }

    @Override
    public Future<Void> close() {
        vertx.cancelTimer(sweeps);
        FolderChecks current = checks;
        Future<Void> checked = current == null ? Future.succeededFuture() : current.close();
        return Future.join(checked, executor.close(), files.close()).mapEmpty();
    }

    private static String name(String jobId, int index, int attempt, OutputFormat format) {
        if (!JOB_ID.matcher(jobId).matches()) {
            throw new IllegalArgumentException("job id must be a UUID but was " + jobId);
        }
        String later = attempt > 1 ? "." + attempt : "";
        return jobId + "_output_" + index + later + "." + format.extension();
    }

    private void writeOrNameFault(Path file, byte[] content) {
        try {
            write(file, content);
        } catch (IOException e) {
            throw StorageFault.of(folder, e, content.length).exception(e);
        }
    }

    private void write(Path file, byte[] content) throws IOException {
        folder.require();
        PrivateFiles.replace(file, content, Access.GROUP);
    }

    /** Removes unfinished files that a killed process left; no write takes so long that it could be one of another. */
    private void removeAbandoned() throws IOException {
        if (Files.notExists(base)) {
            return;
        }
        Instant before = Instant.now().minus(ABANDONED);
        try (DirectoryStream<Path> found = Files.newDirectoryStream(base, PrivateFiles::isUnfinished)) {
            for (Path file : found) {
                if (modified(file).isBefore(before)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static Instant modified(Path file) throws IOException {
        try {
            return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
        } catch (NoSuchFileException e) {
            return Instant.MAX; // finished meanwhile
        }
    }

    // By its name alone: another gateway may see the shared folder at another place than the one that wrote it.
    private Optional<Path> confined(String recorded) {
        try {
            Path name = Path.of(recorded).getFileName();
            Path file = (name == null ? base : base.resolve(name)).toRealPath();
            boolean inside = file.startsWith(base.toRealPath());
            return inside && Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }
}
