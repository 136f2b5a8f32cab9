package dev.atelier.gateway.http;

import dev.atelier.gateway.access.KeyLimits;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.adapter.remote.AddressBlock;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.gateway.adapter.remote.RemoteFixture;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.health.Health;
import dev.atelier.gateway.http.security.AllowedHosts;
import dev.atelier.gateway.http.security.TrustedProxies;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.StoreSettings;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.output.FolderOutputStore;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.gateway.worker.DrawingServices;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The whole HTTP side on a free port, with everything behind it but devices: jobs stay where a test puts them. */
final class ApiFixture implements AutoCloseable {
    static final String LORA = "my_lora_job/my_lora.safetensors";
    static final int MAX_BODY = 200_000;

    final Vertx vertx;
    final JobStore store;
    final OutputStore outputs;
    final AdapterFiles adapters;
    final Client client;
    private final PluginRegistry plugins;
    private final GatewayMetrics metrics = new GatewayMetrics();
    private @Nullable ApiRouter api;
    private boolean storeClosed;

    private ApiFixture(Path folder, LoraRules rules) throws IOException {
        this(folder, rules, vertx -> RemoteFixture.closed(vertx, folder.resolve("downloads")), Entry.OPEN);
    }

    private ApiFixture(Path folder, LoraRules rules, Function<Vertx, RemoteFiles> downloads, Entry entry)
            throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        TestPlugin.procedural("controlled").setting("controlImage", "yes").writeTo(folder.resolve("plugins"));
        TestPlugin.procedural("absent").setting("component", "weights").writeTo(folder.resolve("plugins"));
        TestPlugin.procedural("pair").setting("adapters", "2").writeTo(folder.resolve("plugins"));
        TestPlugin.procedural("unmatched").setting("modules", "0").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras").resolve(LORA), "weights");
        Files.writeString(folder.resolve("loras/broken.safetensors"), "no header");
        vertx = Vertx.builder()
                .with(new VertxOptions().setMetricsOptions(metrics.vertxOptions()))
                .withMetrics(metrics.vertxFactory())
                .build();
        plugins = PluginRegistry.load(folder.resolve("plugins"), folder.resolve("data"));
        CheckpointStore checkpoints = new CheckpointStore(Map.of(), null, List.of());
        ModelCatalog catalog = new ModelCatalog(plugins, checkpoints);
        store = JobStore.open(vertx, entry.store().apply(folder.resolve("data")), metrics)
                .await();
        outputs = new FolderOutputStore(vertx, folder.resolve("out"));
        adapters = new AdapterFiles(vertx, folder.resolve("loras"), catalog, downloads.apply(vertx));
        DrawingServices services = new DrawingServices(store, catalog, checkpoints, adapters, outputs, metrics);
        client = new Client(listen(services, rules, entry), ContractCheck.create(vertx));
    }

    /** Starts it with its files in a folder. */
    static ApiFixture start(Path folder) throws IOException {
        return new ApiFixture(folder, LoraRules.DEFAULT);
    }

    /** Starts it with a server on this machine in the place of the hub. */
    static ApiFixture startWithHub(Path folder, int port) throws IOException {
        return new ApiFixture(
                folder,
                LoraRules.DEFAULT,
                vertx -> RemoteFixture.open(vertx, folder.resolve("downloads"), port),
                Entry.OPEN);
    }

    /** Starts it with a store of other bounds. */
    static ApiFixture startWith(Path folder, Function<Path, StoreSettings> kept) throws IOException {
        return startBehind(folder, Entry.OPEN.withStore(kept));
    }

    /** Starts it for browsers of one origin. */
    static ApiFixture startFor(Path folder, String corsOrigin) throws IOException {
        return startBehind(folder, Entry.OPEN.withOrigins(corsOrigin));
    }

    private int listen(DrawingServices services, LoraRules rules, Entry entry) {
        WorkerExecutor executor = vertx.createSharedWorkerExecutor("http");
        ApiContract contract = ApiContract.of(vertx, ApiContract.read()).await();
        HttpServer server = vertx.createHttpServer(
                new HttpServerOptions().setHost("127.0.0.1").setPort(0).setHttp2ClearTextEnabled(false));
        ApiRouter.Settings settings = new ApiRouter.Settings(
                entry.address().apply(server::actualPort),
                entry.origins(),
                entry.limits(),
                rules.most(),
                rules.noneAllowed(),
                false,
                new Health(metrics),
                entry.ending(),
                0);
        SlowClients slowClients = new SlowClients(vertx, entry.waiting(), entry.arriving());
        ApiRouter.Entrance entrance =
                new ApiRouter.Entrance(entry.door(), entry.keys(), entry.keyLimits(), slowClients);
        api = ApiRouter.create(vertx, contract, services, settings, entrance, executor);
        server.requestHandler(new Front(api.router(), entry.ending()))
                .connectionHandler(slowClients::opened)
                .invalidRequestHandler(ErrorHandler::refuseUnreadable);
        return server.listen().await().actualPort();
    }

    /** Starts it with a door of some kind. */
    static ApiFixture startBehind(Path folder, Entry entry) throws IOException {
        return new ApiFixture(
                folder, LoraRules.DEFAULT, vertx -> RemoteFixture.closed(vertx, folder.resolve("downloads")), entry);
    }

    /** Who comes in, and with how much. */
    record Entry(
            Door door,
            @Nullable KeyRing keys,
            KeyLimits keyLimits,
            Limits limits,
            Duration waiting,
            Duration arriving,
            BooleanSupplier ending,
            Function<Path, StoreSettings> store,
            Function<IntSupplier, ServerAddress> address,
            List<String> origins) {
        static final Entry OPEN = new Entry(
                Door.ONLY,
                null,
                new KeyLimits(0),
                new Limits(MAX_BODY, 256, 10_000, 4096 * 4096, 0, 100),
                Duration.ofMinutes(2),
                Duration.ofMinutes(2),
                () -> false,
                StoreSettings::in,
                port -> new ServerAddress(
                        Optional.empty(), port, new AllowedHosts(List.of(), host -> false), TrustedProxies.NONE),
                List.of("*"));

        Entry withOrigins(String... origins) {
            return new Entry(
                    door, keys, keyLimits, limits, waiting, arriving, ending, store, address, List.of(origins));
        }

        Entry withAddress(@Nullable String baseUrl, List<String> hosts, String... proxies) {
            TrustedProxies trusted = new TrustedProxies(
                    Stream.of(proxies).map(AddressBlock::parse).toList());
            return new Entry(
                    door,
                    keys,
                    keyLimits,
                    limits,
                    waiting,
                    arriving,
                    ending,
                    store,
                    port -> new ServerAddress(
                            Optional.ofNullable(baseUrl), port, new AllowedHosts(hosts, host -> false), trusted),
                    origins);
        }

        Entry withKeys(Door door, @Nullable KeyRing keys, int perSecond) {
            return new Entry(
                    door, keys, new KeyLimits(perSecond), limits, waiting, arriving, ending, store, address, origins);
        }

        Entry withLimits(Limits limits) {
            return new Entry(door, keys, keyLimits, limits, waiting, arriving, ending, store, address, origins);
        }

        Entry withPatience(Duration waiting, Duration arriving) {
            return new Entry(door, keys, keyLimits, limits, waiting, arriving, ending, store, address, origins);
        }

        Entry withStore(Function<Path, StoreSettings> store) {
            return new Entry(door, keys, keyLimits, limits, waiting, arriving, ending, store, address, origins);
        }

        Entry withEnding(BooleanSupplier ending) {
            return new Entry(door, keys, keyLimits, limits, waiting, arriving, ending, store, address, origins);
        }
    }

    /** Starts it with other rules for the number of adapters. */
    static ApiFixture startWith(Path folder, LoraRules rules) throws IOException {
        return new ApiFixture(folder, rules);
    }

    /** How many adapters a request may name. */
    record LoraRules(int most, boolean noneAllowed) {
        static final LoraRules DEFAULT = new LoraRules(8, false);
    }

    /** Ends the answers that take long, as a server that stops does. */
    void release() {
        Objects.requireNonNull(api).release();
    }

    /** Takes the store away. */
    void closeStore() {
        if (!storeClosed) {
            storeClosed = true;
            store.close().await();
        }
    }

    @Override
    public void close() {
        closeStore();
        vertx.close().await();
        plugins.close();
        metrics.close();
    }
}
