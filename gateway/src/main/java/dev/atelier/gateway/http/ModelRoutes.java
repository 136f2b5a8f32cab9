package dev.atelier.gateway.http;

import dev.atelier.gateway.registry.ModelCatalog;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;

/** The models that are served. */
final class ModelRoutes {
    private final ModelCatalog catalog;
    private final RequestCodec codec;

    ModelRoutes(ModelCatalog catalog, RequestCodec codec) {
        this.catalog = catalog;
        this.codec = codec;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "listModels", this::list);
    }

    private void list(RoutingContext context) {
        JsonArray models = new JsonArray();
        catalog.declared().stream()
                .filter(model -> catalog.servable(model.modelId()))
                .forEach(model -> models.add(codec.model(model)));
        Operations.answer(context, new JsonObject().put("models", models));
    }
}
