package dev.atelier.gateway.http;

import dev.atelier.gateway.access.KeyLimits;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.health.Health;
import dev.atelier.gateway.worker.DrawingServices;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Every route, bound to the contract. */
public final class ApiRouter {
    private final Router router;
    private final JobWaits waits;
    private final EventRoutes events;

    private ApiRouter(Router router, JobWaits waits, EventRoutes events) {
        this.router = router;
        this.waits = waits;
        this.events = events;
    }

    /**
     * How the routes behave.
     *
     * @param address how clients reach this server
     * @param corsOrigins the origins that browsers may come from; {@code *} is any
     * @param limits how much a request may ask for
     * @param maxLoras how many adapters a request may name, where the model takes as many
     * @param noLoraAllowed whether a request may name none
     * @param promptsLogged whether what is to be drawn is logged
     * @param health what is told of the server's health
     * @param ending whether the server is on its way out, and takes no more jobs
     * @param previewEvery after how many steps a preview is made, where a request does not say; 0 for never
     */
    public record Settings(
            ServerAddress address,
            List<String> corsOrigins,
            Limits limits,
            int maxLoras,
            boolean noLoraAllowed,
            boolean promptsLogged,
            Health health,
            BooleanSupplier ending,
            int previewEvery) {
        /** Copies the list. */
        public Settings {
            corsOrigins = List.copyOf(corsOrigins);
        }

        /** Returns the settings that the contract bounds arrays with, by the names that it gives them. */
        Map<String, Integer> arrayLimits() {
            return Map.of("MAX_PROMPTS", limits.prompts(), "MAX_LORAS", maxLoras);
        }
    }

    /** Returns what answers requests. */
    public Router router() {
        return router;
    }

    /** Ends the answers that may take long, because the server stops: no client should be cut off. */
    public void release() {
        waits.release();
        events.release();
    }

    /**
     * Who comes in.
     *
     * @param door which port it is
     * @param keys the API keys; null where anybody may call
     * @param limits how often a key may ask
     * @param slowClients who waits for requests to arrive
     */
    public record Entrance(Door door, @Nullable KeyRing keys, KeyLimits limits, SlowClients slowClients) {}

    /**
     * Builds the router of a port.
     *
     * @param executor where bodies are taken apart and pages are read
     * @throws IllegalStateException when an operation of the contract has no handler, or a handler no operation
     */
    public static ApiRouter create(
            Vertx vertx,
            ApiContract contract,
            DrawingServices services,
            Settings settings,
            Entrance entrance,
            WorkerExecutor executor) {
        RouterBuilder builder = RouterBuilder.create(vertx, contract.enforced());
        lead(builder, contract, services, settings, entrance);
        RequestReader.install(builder, contract.document(), settings.arrayLimits(), RequestReader.executor(vertx));
        RequestCodec codec = new RequestCodec();
        ServedModels served = new ServedModels(services.catalog(), services.store());
        Submission submission = new Submission(
                services.catalog(),
                served,
                services.adapters(),
                contract,
                settings.maxLoras(),
                settings.noLoraAllowed());
        JobWaits waits = new JobWaits(vertx, services.store());
        EventRoutes events = new EventRoutes(
                vertx,
                services.store(),
                EventStream.Pace.DEFAULT,
                new StreamLimit(settings.limits().streams()),
                services.metrics()::eventStream);
        DocsRoutes docs = new DocsRoutes(contract.json(), executor);
        new InferenceRoutes(submission, services, codec, waits, settings, executor).bind(builder);
        new RequestRoutes(services.store(), services.outputs(), codec).bind(builder);
        new RequestControlRoutes(services.store(), services.outputs(), codec).bind(builder);
        events.bind(builder);
        new ModelRoutes(services.catalog(), served, codec, contract.document(), settings.maxLoras()).bind(builder);
        new PluginRoutes(vertx, services.catalog().plugins()).bind(builder);
        new LoraRoutes(submission, services.adapters(), codec).bind(builder);
        new HealthRoutes(settings.health()).bind(builder);
        new ServerRoutes(services.metrics().scrapeHandler()).bind(builder);
        docs.bind(builder);
        Router router = finish(builder, docs, new ErrorHandler(contract.enforced(), settings.limits()));
        return new ApiRouter(router, waits, events);
    }

    /** What every request comes through first, in this order. */
    private static void lead(
            RouterBuilder builder,
            ApiContract contract,
            DrawingServices services,
            Settings settings,
            Entrance entrance) {
        Audiences audiences = new Audiences(contract);
        Gate gate = new Gate(audiences, entrance.door(), entrance.keys(), entrance.limits());
        builder.rootHandler(services.tracing().requestHandler());
        builder.rootHandler(new AccessLog(entrance.slowClients()));
        // without keys only the host distinguishes a rebound page from a client
        boolean open = entrance.keys() == null || entrance.door() == Door.OPERATORS;
        builder.rootHandler(new HostCheck(settings.address(), open));
        builder.rootHandler(new Cors(settings.corsOrigins(), settings.address(), audiences));
        builder.rootHandler(new RequestShape(contract.enforced()));
        builder.rootHandler(gate);
        builder.rootHandler(new LargeBodies());
        builder.rootHandler(
                BodyHandler.create(false).setBodyLimit(settings.limits().bodyBytes()));
        gate.guard(builder);
    }

    private static Router finish(RouterBuilder builder, DocsRoutes docs, ErrorHandler errors) {
        Operations.requireAllBound(builder);
        Router router = builder.createRouter();
        router.getRoutes().forEach(ApiRouter::complete);
        docs.mountAssets(router);
        errors.install(router);
        return router;
    }

    /** Names a route after its operation, for metrics, and lets it answer HEAD where it answers GET. */
    private static void complete(Route route) {
        Operation operation = route.getMetadata(RouterBuilder.KEY_META_DATA_OPERATION);
        if (operation != null) {
            route.setName(operation.getOperationId());
            if (operation.getHttpMethod().equals(HttpMethod.GET)) {
                route.method(HttpMethod.HEAD);
            }
        }
    }
}
