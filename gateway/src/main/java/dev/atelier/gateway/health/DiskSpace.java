package dev.atelier.gateway.health;

import dev.atelier.gateway.metrics.GatewayMetrics;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Whether the folders that the gateway writes to have room left. */
public final class DiskSpace implements Probe {
    private final Map<String, Path> folders;
    private final long least;
    private final WorkerExecutor executor;
    private final GatewayMetrics metrics;

    /**
     * Creates the probe.
     *
     * @param folders by the name that metrics know them by; they need not exist yet
     * @param least how many bytes must be free
     * @param executor where files are looked at
     */
    public DiskSpace(Map<String, Path> folders, long least, WorkerExecutor executor, GatewayMetrics metrics) {
        this.folders = new TreeMap<>(folders);
        this.least = least;
        this.executor = executor;
        this.metrics = metrics;
    }

    @Override
    public Future<Optional<String>> look() {
        return executor.executeBlocking(this::lowest, false);
    }

    private Optional<String> lowest() throws IOException {
        Optional<String> problem = Optional.empty();
        for (Map.Entry<String, Path> folder : folders.entrySet()) {
            FileStore store = Files.getFileStore(existing(folder.getValue()));
            long free = store.getUsableSpace();
            metrics.disk(folder.getKey(), free, store.getTotalSpace());
            if (free < least) {
                problem = Optional.of("the folder for " + folder.getKey() + " has " + free + " bytes left, and needs "
                        + least + " (MIN_FREE_BYTES)");
            }
        }
        return problem;
    }

    // A folder is made when the first file is written into it.
    private static Path existing(Path folder) {
        Path path = folder.toAbsolutePath();
        while (!Files.exists(path) && path.getParent() != null) {
            path = path.getParent();
        }
        return path;
    }
}
