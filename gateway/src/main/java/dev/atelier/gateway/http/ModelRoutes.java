package dev.atelier.gateway.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;

/** The models that are served. */
final class ModelRoutes {
    private final ServedModels served;
    private final RequestCodec codec;

    ModelRoutes(ServedModels served, RequestCodec codec) {
        this.served = served;
        this.codec = codec;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "listModels", this::list);
    }

    private void list(RoutingContext context) {
        JsonArray models = new JsonArray();
        served.all().forEach(model -> models.add(codec.model(model)));
        Operations.answer(context, new JsonObject().put("models", models));
    }
}
