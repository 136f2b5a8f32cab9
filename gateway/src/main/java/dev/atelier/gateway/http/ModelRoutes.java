package dev.atelier.gateway.http;

import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.Profile;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;

/** The models that are served: what the reference tells of them, and what else clients may want to know. */
final class ModelRoutes {
    private final ModelCatalog catalog;
    private final ServedModels served;
    private final RequestCodec codec;
    private final JsonObject promptFields;
    private final int maxLoras;

    /**
     * Creates the routes.
     *
     * @param contract says what a request may ask for
     * @param maxLoras how many adapters a request may name, where the model takes as many
     */
    ModelRoutes(ModelCatalog catalog, ServedModels served, RequestCodec codec, JsonObject contract, int maxLoras) {
        this.catalog = catalog;
        this.served = served;
        this.codec = codec;
        this.maxLoras = maxLoras;
        this.promptFields = contract.getJsonObject("components")
                .getJsonObject("schemas")
                .getJsonObject("Prompt")
                .getJsonObject("properties");
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "listModels", this::list);
    }

    private void list(RoutingContext context) {
        JsonArray models = new JsonArray();
        served.all().forEach(model -> models.add(codec.model(model).mergeIn(more(model))));
        Operations.answer(context, new JsonObject().put("models", models));
    }

    private JsonObject more(PipelineDescriptor model) {
        GenerationDefaults defaults = model.defaults();
        return new JsonObject()
                .put("description", model.description())
                .put("plugin", catalog.pluginId(model.modelId()).orElse(null))
                .put("state", catalog.isOpen(model.modelId()) ? "open" : "closed")
                .put(
                        "defaults",
                        new JsonObject()
                                .put("width", defaults.size().width())
                                .put("height", defaults.size().height())
                                .put("sample_steps", defaults.steps())
                                .put("guidance_scale", defaults.guidanceScale())
                                .put("seed", defaults.seed()))
                .put("limits", limits())
                .put("resolutions", new JsonArray(model.resolutions()))
                .put("max_loras", Math.min(maxLoras, model.maxAdapters()))
                .put(
                        "profiles",
                        new JsonArray(model.profiles().stream()
                                .map(Profile::id)
                                .sorted()
                                .toList()));
    }

    private JsonObject limits() {
        return new JsonObject()
                .put("sample_steps", range("sample_steps"))
                .put("guidance_scale", range("guidance_scale"))
                .put("width", range("width"))
                .put("height", range("height"));
    }

    private JsonObject range(String field) {
        JsonObject schema = promptFields.getJsonObject(field);
        return new JsonObject().put("minimum", schema.getValue("minimum")).put("maximum", schema.getValue("maximum"));
    }
}
