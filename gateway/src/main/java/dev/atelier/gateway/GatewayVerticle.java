package dev.atelier.gateway;

import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.gateway.adapter.remote.RemoteSettings;
import dev.atelier.gateway.adapter.remote.TrustedAuthorities;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.health.Health;
import dev.atelier.gateway.http.ApiContract;
import dev.atelier.gateway.job.GatewayInfo;
import dev.atelier.gateway.job.Housekeeping;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.output.FolderOutputStore;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.registry.PluginWatch;
import dev.atelier.gateway.tracing.Tracing;
import dev.atelier.gateway.worker.DeviceAgent;
import dev.atelier.gateway.worker.Devices;
import dev.atelier.gateway.worker.DrawingServices;
import dev.atelier.gateway.worker.DrawingSettings;
import dev.atelier.gateway.worker.HeldJobs;
import dev.atelier.gateway.worker.Loss;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the gateway's parts together: builds them from the settings, at the same time where they do not need each
 * other, and closes them in the reverse order. It listens before its devices are ready, so that health is known early.
 */
final class GatewayVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayVerticle.class);
    private static final int START_THREADS = 3;

    private final GatewayConfig config;
    private final CompletableFuture<JsonObject> document;
    private final GatewayMetrics metrics;
    private final Tracing tracing;
    private final BiConsumer<GatewayVerticle, Loss> onLoss;
    private final CheckpointStore checkpoints;
    private final Health health;
    private final Deque<Supplier<Future<?>>> closing = new ArrayDeque<>();
    private final List<DeviceAgent> agents = new CopyOnWriteArrayList<>();
    private volatile @Nullable Ports ports;
    private volatile boolean ending;
    private volatile List<String> drawingOn = List.of();
    private volatile String announcement = "";

    /**
     * Creates the gateway.
     *
     * @param foundation what was made before it; the caller closes it
     * @param onLoss ends the process, because of what was lost
     */
    GatewayVerticle(GatewayConfig config, Foundation foundation, BiConsumer<GatewayVerticle, Loss> onLoss) {
        this.config = config;
        this.document = foundation.contract();
        this.metrics = foundation.metrics();
        this.tracing = foundation.tracing();
        this.onLoss = onLoss;
        this.health = new Health(metrics);
        GatewayConfig.Models models = config.models();
        this.checkpoints =
                new CheckpointStore(models.checkpoints(), models.modelCache().orElse(null), models.hubCaches());
    }

    /** Returns the port that it listens on, once it has started. */
    int port() {
        return ports().port();
    }

    /** Returns the port for who runs the server, once it has started; empty where there is none. */
    Optional<Integer> adminPort() {
        return ports().adminPort();
    }

    private Ports ports() {
        return Objects.requireNonNull(ports, "it has not started");
    }

    /**
     * Takes no jobs any more, from clients or from the queue, and ends when those that are drawn have ended. What
     * clients ask of jobs is answered as before.
     */
    Future<Void> drain() {
        ending = true;
        health.drain();
        LOG.info("going down: no more jobs are taken");
        return Future.join(agents.stream().map(DeviceAgent::drain).toList()).mapEmpty();
    }

    /** Puts the jobs back that are drawn, and ends when that is done. To be asked for after a drain. */
    Future<Void> putBack() {
        return Future.join(agents.stream().map(DeviceAgent::putBack).toList()).mapEmpty();
    }

    /** Ends when somebody was told what the metrics are now. */
    Future<Void> scraped() {
        return metrics.scraped();
    }

    /** Returns one line that says where it is and what to try, once it has started. */
    String announcement() {
        return announcement;
    }

    @Override
    public Future<?> start() {
        metrics.watchEventLoop(vertx);
        HealthChecks checks = new HealthChecks(vertx, config, health);
        closing.push(checks::close);
        WorkerExecutor starter = vertx.createSharedWorkerExecutor("atelier-start", START_THREADS);
        Future<Ports> opened = listen(starter); // first: callers that wait for the start ask for health
        Future<JobStore> store = openStore();
        Future<ApiContract> contract =
                Future.fromCompletionStage(document, context).compose(written -> ApiContract.of(vertx, written));
        // no plugin is loaded for a gateway that has no port or no store
        Future<?> usable = Future.join(opened, store);
        Future<Devices> devices = usable.compose(done -> starter.executeBlocking(this::chooseDevices, false));
        Future<ModelCatalog> catalog = usable.compose(done -> loadModels(starter));
        Future<RemoteFiles> downloads = usable.compose(done -> openDownloads(starter));
        // joined, so that the failure of one leaves no other half open behind
        return Future.join(List.of(opened, contract, catalog, store, downloads))
                .map(done -> services(catalog.result(), store.result(), downloads.result()))
                .onSuccess(checks::follow)
                .compose(services -> keepHouse(services, checks.watchFolders(services.outputs(), downloads.result()))
                        .map(services))
                .map(services -> admit(opened.result(), contract.result(), services))
                .compose(services -> devices.compose(chosen -> draw(chosen, services))
                        .onSuccess(chosen -> checks.devices(agents, metrics))
                        .onSuccess(chosen -> watch(services.catalog(), services.store()))
                        .compose(chosen -> announce(starter, chosen, services.catalog())))
                .recover(failure -> close().transform(done -> Future.failedFuture(failure)))
                .eventually(starter::close);
    }

    @Override
    public Future<?> stop() {
        return close();
    }

    private Future<JobStore> openStore() {
        return JobStore.open(vertx, config.jobs().store(), metrics).onSuccess(store -> closing.push(store::close));
    }

    private Future<ModelCatalog> loadModels(WorkerExecutor starter) {
        return starter.executeBlocking(() -> PluginRegistry.load(config.models().plugins()), false)
                .onSuccess(plugins -> closing.push(() -> close(plugins)))
                .onSuccess(this::count)
                .onSuccess(GatewayVerticle::reportFailures)
                .compose(plugins -> starter.executeBlocking(() -> new ModelCatalog(plugins, checkpoints), false));
    }

    private void count(PluginRegistry plugins) {
        metrics.plugins(plugins.plugins());
        metrics.abandonedThreads(plugins);
        plugins.onChange(() -> metrics.plugins(plugins.plugins()));
    }

    /** From now on what is dropped into the folder of plugins is taken up. */
    private void watch(ModelCatalog catalog, JobStore store) {
        PluginWatch watch = new PluginWatch(vertx, catalog.plugins(), catalog, store::abandon);
        closing.push(watch::close);
        watch.start();
    }

    private static void reportFailures(PluginRegistry plugins) {
        plugins.plugins().stream()
                .filter(plugin -> plugin.reason() != null)
                .forEach(plugin -> LOG.error("plugin {} does not serve: {}", plugin.id(), plugin.reason()));
    }

    private Future<?> close(PluginRegistry plugins) {
        WorkerExecutor stopper = vertx.createSharedWorkerExecutor("atelier-stop", 1);
        return stopper.executeBlocking(() -> {
                    plugins.close();
                    return plugins;
                })
                .eventually(stopper::close);
    }

    private Future<RemoteFiles> openDownloads(WorkerExecutor starter) {
        RemoteSettings settings = config.loras().remote();
        return starter.executeBlocking(
                        () -> TrustedAuthorities.of(settings.access().caFile()), false)
                .map(trust -> new RemoteFiles(vertx, settings, trust, metrics))
                .onSuccess(downloads -> closing.push(downloads::close));
    }

    private DrawingServices services(ModelCatalog catalog, JobStore store, RemoteFiles downloads) {
        Path loras = config.folders().loras();
        AdapterFiles adapters = new AdapterFiles(
                vertx, loras, catalog, downloads, config.loras().inspections());
        closing.push(adapters::close);
        OutputStore outputs = new FolderOutputStore(vertx, config.folders().outputs());
        closing.push(outputs::close);
        return new DrawingServices(store, catalog, checkpoints, adapters, outputs, metrics, tracing);
    }

    private Devices chooseDevices() {
        return config.jobs().role() == Role.GATEWAY
                ? Devices.NONE
                : Devices.choose(config.drawing().device(), Devices.installedProbe());
    }

    private Future<String> keepHouse(DrawingServices services, Future<Void> folders) {
        JobStore store = services.store();
        HeldJobs held = new HeldJobs(store, services.catalog(), services.adapters(), services.outputs());
        return folders.compose(
                        watched -> deploy(new Housekeeping(store, () -> self(services), services.outputs()::remove)))
                .compose(kept -> deploy(held));
    }

    private Future<String> deploy(VerticleBase part) {
        return vertx.deployVerticle(part).onSuccess(id -> closing.push(() -> vertx.undeploy(id)));
    }

    private GatewayInfo self(DrawingServices services) {
        Role role = config.jobs().role();
        ModelCatalog catalog = services.catalog();
        return new GatewayInfo(
                services.store().gatewayId(),
                role.name().toLowerCase(Locale.ROOT),
                role == Role.GATEWAY ? List.of() : catalog.servedIds(),
                catalog.declared().stream().map(PipelineDescriptor::modelId).toList(),
                services.outputs().fault().isPresent() ? List.of() : drawingOn);
    }

    private Future<Ports> listen(WorkerExecutor starter) {
        Optional<Path> keysFile = config.access().keysFile();
        return starter.executeBlocking(() -> keysFile.map(KeyRing::read), false)
                .map(keys -> new Ports(vertx, config, keys.orElse(null), health, () -> ending))
                .onSuccess(opening -> {
                    ports = opening;
                    closing.push(opening::close);
                })
                .compose(Ports::listen);
    }

    private DrawingServices admit(Ports opened, ApiContract contract, DrawingServices services) {
        closing.push(opened::close); // before what the answers need
        opened.admit(contract, services);
        return services;
    }

    private Future<Devices> draw(Devices devices, DrawingServices services) {
        LOG.info("{}", devices.explanation());
        drawingOn = devices.devices().stream().map(String::valueOf).toList();
        GatewayConfig.Drawing drawing = config.drawing();
        if (drawing.offloadMode() != GatewayConfig.OffloadMode.NONE) {
            LOG.warn("OFFLOAD_MODE and ENABLE_CPU_OFFLOAD have no effect: models stay on their device");
        }
        DrawingSettings settings = new DrawingSettings(
                drawing.inferenceTimeout(), drawing.caches(), config.models().pluginSettings());
        List<Future<String>> deployed = new ArrayList<>();
        for (Device device : devices.devices()) {
            DeviceAgent agent = new DeviceAgent(device, services, settings, loss -> onLoss.accept(this, loss));
            deployed.add(vertx.deployVerticle(agent)
                    .onSuccess(id -> closing.push(() -> vertx.undeploy(id)))
                    .onSuccess(id -> agents.add(agent)));
        }
        return Future.join(deployed).map(devices);
    }

    private Future<String> announce(WorkerExecutor starter, Devices devices, ModelCatalog catalog) {
        return starter.executeBlocking(() -> Announcement.of(config, port(), devices, catalog), false)
                .onSuccess(line -> announcement = line);
    }

    private Future<Void> close() {
        Future<Void> closed = Future.succeededFuture();
        while (!closing.isEmpty()) {
            Supplier<Future<?>> next = closing.pop();
            closed = closed.transform(before -> next.get()).mapEmpty();
        }
        return closed.otherwiseEmpty();
    }
}
