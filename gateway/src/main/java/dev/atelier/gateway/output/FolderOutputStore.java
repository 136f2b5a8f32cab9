package dev.atelier.gateway.output;

import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.files.PrivateFiles.Access;
import dev.atelier.gateway.job.DiscardedJob;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.plugin.ImageSize;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
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

    /** How often the disks are looked at. */
    private static final long LOOK_MILLIS = 1_000;
    /** How often unfinished files are looked for that a killed process left. */
    private static final long SWEEP_MILLIS = 3_600_000;

    private static final Duration ABANDONED = Duration.ofHours(1);
    /** Below this, a file that cannot be written cannot because the disk is full. */
    private static final long FULL = 1 << 20;

    private final Vertx vertx;
    private final Path base;
    private final WorkerExecutor executor;
    private final WorkerExecutor files;
    private volatile FreeSpace space = new FreeSpace(Map.of(), 0);
    private long looks = -1;
    private long sweeps = -1;
    private @Nullable Future<List<DiskSpace>> looked;

    /** Creates a store over a base folder, which is created when the first picture is written. */
    public FolderOutputStore(Vertx vertx, Path base) {
        this.vertx = vertx;
        this.base = base.toAbsolutePath().normalize();
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
                    writeOrSayFull(file, content);
                    return new SavedImage(file, (encoded - start) / 1e9, (System.nanoTime() - encoded) / 1e9);
                },
                false);
    }

    @Override
    public Future<Optional<Path>> resolve(OutputImage image) {
        return files.executeBlocking(() -> confined(image.filePath()), false);
    }

    @Override
    public Future<Void> watch(Map<String, Path> others, long least) {
        Map<String, Path> folders = new HashMap<>(others);
        folders.put("outputs", base);
        space = new FreeSpace(folders, least);
        looks = vertx.setPeriodic(LOOK_MILLIS, timer -> look());
        sweeps = vertx.setPeriodic(SWEEP_MILLIS, timer -> sweep());
        sweep();
        return look().<Void>mapEmpty().otherwiseEmpty();
    }

    @Override
    public synchronized Future<List<DiskSpace>> look() {
        Future<List<DiskSpace>> current = looked;
        if (current == null || current.isComplete()) {
            current = files.executeBlocking(space::look, false);
            looked = current;
        }
        return current;
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
        space.require();
    }

    @Override
    public boolean hasRoom() {
        return space.isThere();
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
        vertx.cancelTimer(looks);
        vertx.cancelTimer(sweeps);
        return Future.join(executor.close(), files.close()).mapEmpty();
    }

    private static String name(String jobId, int index, int attempt, OutputFormat format) {
        if (!JOB_ID.matcher(jobId).matches()) {
            throw new IllegalArgumentException("job id must be a UUID but was " + jobId);
        }
        String later = attempt > 1 ? "." + attempt : "";
        return jobId + "_output_" + index + later + "." + format.extension();
    }

    private void writeOrSayFull(Path file, byte[] content) throws IOException {
        try {
            write(file, content);
        } catch (IOException e) {
            if (base.toFile().getUsableSpace() < FULL) {
                throw FreeSpace.failure(e);
            }
            throw e;
        }
    }

    private void write(Path file, byte[] content) throws IOException {
        PrivateFiles.createFolders(base, Access.GROUP);
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
