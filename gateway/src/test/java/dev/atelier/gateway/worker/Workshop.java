package dev.atelier.gateway.worker;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.gateway.adapter.remote.RemoteFixture;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.job.JobRequests;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.StoreSettings;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.output.FolderOutputStore;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.storage.StorageFault;
import dev.atelier.gateway.storage.StorageFolder;
import dev.atelier.gateway.storage.WatchedFolder;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import dev.atelier.plugin.DeviceStatus;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Everything that a device needs, over one folder, with small models that draw at once. */
final class Workshop implements AutoCloseable {
    final Vertx vertx = Vertx.vertx();
    final Path folder;
    final GatewayMetrics metrics = new GatewayMetrics();
    final PluginRegistry registry;
    final ModelCatalog catalog;
    final JobStore store;
    final AdapterFiles adapters;
    final String heldJobs;
    private final CheckpointStore checkpoints;
    private final RemoteFiles downloads;
    private final OutputStore outputs;
    private Duration limit = Duration.ofMinutes(1);

    /** One that downloads nothing from this machine. */
    Workshop(Path folder, TestPlugin... plugins) throws IOException {
        this(folder, vertx -> RemoteFixture.closed(vertx, folder.resolve("downloads")), plugins);
    }

    Workshop(Path folder, Function<Vertx, RemoteFiles> downloads, TestPlugin... plugins) throws IOException {
        this(folder, StoreSettings.in(folder.resolve("data")), downloads, plugins);
    }

    Workshop(Path folder, StoreSettings settings, Function<Vertx, RemoteFiles> downloads, TestPlugin... plugins)
            throws IOException {
        this.folder = folder;
        for (TestPlugin plugin : plugins) {
            plugin.writeTo(folder.resolve("plugins"));
        }
        registry = PluginRegistry.load(folder.resolve("plugins"), folder.resolve("data"));
        checkpoints = new CheckpointStore(Map.of(), folder.resolve("models"), List.of());
        catalog = new ModelCatalog(registry, checkpoints);
        store = JobStore.open(vertx, settings, metrics).await();
        this.downloads = downloads.apply(vertx);
        adapters = new AdapterFiles(vertx, folder.resolve("loras"), catalog, this.downloads);
        outputs = new FolderOutputStore(vertx, folder.resolve("outputs"));
        heldJobs = deployHeldJobs();
    }

    /** Checks the folders from now on, as a gateway does. */
    Workshop watchFolders() {
        outputs.watch(
                        0,
                        true,
                        List.of(
                                new WatchedFolder(
                                        new StorageFolder("data", folder.resolve("data"), PrivateFiles.Access.OWNER),
                                        0,
                                        true),
                                new WatchedFolder(downloads.folder(), 0, true)))
                .await();
        return this;
    }

    /** Returns why a folder is unusable; empty when none is. */
    Optional<StorageFault> fault() {
        return outputs.fault();
    }

    String deployHeldJobs() {
        return vertx.deployVerticle(new HeldJobs(store, catalog, adapters, outputs))
                .await();
    }

    Workshop limit(Duration duration) {
        limit = duration;
        return this;
    }

    private DrawingServices services() {
        return new DrawingServices(store, catalog, checkpoints, adapters, outputs, metrics);
    }

    /** Deploys a device that a probe always finds alive, and returns its deployment's id. */
    String deploy(Device device) {
        return deploy(device, Workshop::alive, loss -> {});
    }

    String deploy(Device device, DeviceProbe probe, Consumer<Loss> onLoss) {
        return vertx.deployVerticle(agent(device, probe, onLoss)).await();
    }

    DeviceAgent agent(Device device, DeviceProbe probe, Consumer<Loss> onLoss) {
        DrawingSettings settings = new DrawingSettings(limit, new CacheBudget(0, 0), Map.of());
        return new DeviceAgent(device, probe, services(), settings, onLoss);
    }

    static DeviceStatus alive(Device device) {
        return new DeviceStatus(device, "test", true, null, OptionalLong.empty(), OptionalLong.empty());
    }

    static DeviceStatus dead(Device device) {
        return new DeviceStatus(device, "test", false, "CUDA failure 700", OptionalLong.empty(), OptionalLong.empty());
    }

    Job submit(String model, String... prompts) {
        return store.submit(JobRequests.of(model, prompts)).await().job();
    }

    AdapterReference adapter(String name, String content) throws IOException {
        AdapterFixture.write(folder.resolve("loras").resolve(name), content);
        PipelineDescriptor model = catalog.declared().get(0);
        return adapters.reference(name, 1, model, null).await();
    }

    Job submit(String model, List<AdapterReference> references, String... prompts) {
        return store.submit(new JobRequest(
                        model,
                        Stream.of(prompts)
                                .map(prompt -> JobRequests.plan(prompt, 42))
                                .toList(),
                        references,
                        OutputFormat.PNG))
                .await()
                .job();
    }

    Job find(Job job) {
        return store.find(job.id()).await().orElseThrow();
    }

    /** Returns the job once it has reached a final state. */
    Job await(Job job) throws Exception {
        return ended(job).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** Returns the first event of a job that fits. */
    JobEvent awaitEvent(Job job, Predicate<JobEvent> fits) throws Exception {
        return event(job, fits).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private Future<JobEvent> event(Job job, Predicate<JobEvent> fits) {
        return store.events(job.id(), 0, 1000)
                .compose(events -> events.stream()
                        .filter(fits)
                        .findFirst()
                        .map(Future::succeededFuture)
                        .orElseGet(() -> vertx.timer(10, TimeUnit.MILLISECONDS).compose(elapsed -> event(job, fits))));
    }

    private Future<Job> ended(Job job) {
        return store.find(job.id())
                .compose(found -> found.orElseThrow().state().isFinal()
                        ? Future.succeededFuture(found.orElseThrow())
                        : vertx.timer(10, TimeUnit.MILLISECONDS).compose(elapsed -> ended(job)));
    }

    @Override
    public void close() {
        vertx.close().await();
        registry.close();
        metrics.close();
    }
}
