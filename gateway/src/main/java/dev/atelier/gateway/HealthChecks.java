package dev.atelier.gateway;

import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.health.Health;
import dev.atelier.gateway.health.RunnableModels;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.gateway.storage.FolderStatus;
import dev.atelier.gateway.storage.StorageFolder;
import dev.atelier.gateway.storage.WatchedFolder;
import dev.atelier.gateway.worker.DeviceAgent;
import dev.atelier.gateway.worker.DrawingServices;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** What this gateway's health depends on. */
final class HealthChecks {
    private final Vertx vertx;
    private final GatewayConfig.Jobs jobs;
    private final GatewayConfig.Folders folders;
    private final Health health;
    private final WorkerExecutor gpus;
    private final List<DeviceAgent> agents = new CopyOnWriteArrayList<>();

    HealthChecks(Vertx vertx, GatewayConfig config, Health health) {
        this.vertx = vertx;
        this.jobs = config.jobs();
        this.folders = config.folders();
        this.health = health;
        this.gpus = vertx.createSharedWorkerExecutor("atelier-gpus", 1);
    }

    /**
     * Checks from now on whether the folders can be written. A process without devices may have the images' folder
     * read-only; the download cache may fill its disk, because its files are evicted.
     */
    Future<Void> watchFolders(OutputStore outputs, RemoteFiles downloads) {
        long least = jobs.minFreeBytes();
        StorageFolder data = new StorageFolder("data", folders.data(), PrivateFiles.Access.OWNER);
        return outputs.watch(
                least,
                jobs.role() != Role.GATEWAY,
                List.of(new WatchedFolder(data, least, true), new WatchedFolder(downloads.folder(), 0, true)));
    }

    /** Looks at everything from now on. */
    void follow(DrawingServices services) {
        if (jobs.role() == Role.GATEWAY) {
            health.watch(vertx, "models", () -> Future.succeededFuture(absentWorkers(services.store())));
        } else {
            health.watch(
                    vertx,
                    "models",
                    new RunnableModels(services.catalog(), services.metrics().models()));
            health.watch(vertx, "devices", () -> Future.succeededFuture(lostDevices()));
        }
        health.watch(vertx, "store", () -> queue(services.store(), services.metrics()));
        health.watch(vertx, "disk", () -> Future.succeededFuture(disks(services.outputs(), services.metrics())));
    }

    /** Which gateways are there is known from when this one said that it is: nobody is asked. */
    private static Optional<String> absentWorkers(JobStore store) {
        boolean served = store.gateways().stream()
                .anyMatch(other ->
                        !other.id().equals(store.gatewayId()) && !other.served().isEmpty());
        return served ? Optional.empty() : Optional.of("no worker that can run a model is there");
    }

    /** The one look at the queue, which counts every kept job: the metrics show what it finds. */
    private static Future<Optional<String>> queue(JobStore store, GatewayMetrics metrics) {
        return store.snapshot()
                .onSuccess(metrics::queue)
                .map(read -> store.problem().or(() -> unwritable(metrics)))
                .recover(failure -> store.problem().isPresent()
                        ? Future.succeededFuture(store.problem())
                        : Future.failedFuture(failure));
    }

    private static Optional<String> unwritable(GatewayMetrics metrics) {
        return metrics.isStoreWritten() ? Optional.empty() : Optional.of("it can be read, but not be written");
    }

    /** Returns the results of the latest checks; touches no disk. */
    private static Optional<String> disks(OutputStore outputs, GatewayMetrics metrics) {
        List<FolderStatus> folders = outputs.folders();
        if (folders.isEmpty() || folders.stream().anyMatch(FolderStatus::isUnknown)) {
            return Optional.of("the folders were not checked yet");
        }
        folders.stream()
                .filter(folder -> folder.totalBytes() >= 0)
                .forEach(folder -> metrics.disk(folder.folder(), folder.freeBytes(), folder.totalBytes()));
        return folders.stream().flatMap(folder -> folder.problem().stream()).reduce((one, other) -> one + "; " + other);
    }

    private Optional<String> lostDevices() {
        if (agents.isEmpty()) {
            return Optional.of("the devices are not there yet");
        }
        return agents.stream().allMatch(DeviceAgent::isLost)
                ? Optional.of(
                        "lost: " + agents.stream().map(DeviceAgent::device).toList())
                : Optional.empty();
    }

    /** Waits for the models that the devices open at the start, and follows how full the GPUs are. */
    void devices(List<DeviceAgent> deployed, GatewayMetrics metrics) {
        agents.addAll(deployed);
        metrics.watchGpus(
                vertx, gpus, deployed.stream().map(DeviceAgent::device).toList());
        health.starting(() -> agents.stream()
                .filter(agent -> !agent.prepared().isComplete())
                .map(agent -> "models to open on " + agent.device())
                .toList());
    }

    /** Lets the thread go. */
    Future<Void> close() {
        return gpus.close();
    }
}
