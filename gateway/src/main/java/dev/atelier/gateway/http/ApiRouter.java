package dev.atelier.gateway.http;

import dev.atelier.gateway.worker.DrawingServices;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;
import java.util.List;
import java.util.function.Supplier;

/** Every route, bound to the contract. */
public final class ApiRouter {
    private ApiRouter() {}

    /**
     * How the routes behave.
     *
     * @param baseUrl what links begin with, without a slash at its end; asked for with each answer
     * @param corsOrigins the origins that browsers may come from; {@code *} is any
     * @param maxBodyBytes the largest body that is read
     * @param maxLoras how many adapters a request may name, where the model takes as many
     * @param noLoraAllowed whether a request may name none
     */
    public record Settings(
            Supplier<String> baseUrl,
            List<String> corsOrigins,
            long maxBodyBytes,
            int maxLoras,
            boolean noLoraAllowed) {
        /** Copies the list. */
        public Settings {
            corsOrigins = List.copyOf(corsOrigins);
        }
    }

    /**
     * Builds the router.
     *
     * @param executor where bodies are taken apart and pages are read
     * @throws IllegalStateException when an operation of the contract has no handler, or a handler no operation
     */
    public static Router create(
            Vertx vertx, ApiContract contract, DrawingServices services, Settings settings, WorkerExecutor executor) {
        RouterBuilder builder =
                RouterBuilder.create(vertx, contract.enforced(), new RequestReader(contract.document(), executor));
        builder.rootHandler(new RequestShape(contract.enforced()));
        builder.rootHandler(new Cors(settings.corsOrigins()));
        builder.rootHandler(BodyHandler.create(false).setBodyLimit(settings.maxBodyBytes()));
        RequestCodec codec = new RequestCodec(settings.baseUrl());
        Submission submission =
                new Submission(services.catalog(), services.adapters(), settings.maxLoras(), settings.noLoraAllowed());
        DocsRoutes docs = new DocsRoutes(contract.json(), executor);
        new InferenceRoutes(submission, services.store(), codec, services.metrics()).bind(builder);
        new RequestRoutes(services.store(), services.outputs(), codec).bind(builder);
        new ModelRoutes(services.catalog(), codec).bind(builder);
        new LoraRoutes(submission, services.adapters(), codec).bind(builder);
        new ServerRoutes(services.metrics().scrapeHandler()).bind(builder);
        docs.bind(builder);
        return finish(builder, docs, new ErrorHandler(contract.enforced()));
    }

    private static Router finish(RouterBuilder builder, DocsRoutes docs, ErrorHandler errors) {
        Operations.requireAllBound(builder);
        Router router = builder.createRouter();
        router.getRoutes().forEach(ApiRouter::nameByOperation);
        docs.mountAssets(router);
        errors.install(router);
        return router;
    }

    /** The name is what metrics label a route with. */
    private static void nameByOperation(Route route) {
        Operation operation = route.getMetadata(RouterBuilder.KEY_META_DATA_OPERATION);
        if (operation != null) {
            route.setName(operation.getOperationId());
        }
    }
}
