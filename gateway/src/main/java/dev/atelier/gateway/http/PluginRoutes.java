package dev.atelier.gateway.http;

import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.registry.PluginStatus;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The plugins: what became of them, and what an administrator does to them. */
final class PluginRoutes {
    private static final long LONGEST_HOURS = 1;

    private final PluginRegistry plugins;
    private final WorkerExecutor executor;

    PluginRoutes(Vertx vertx, PluginRegistry plugins) {
        this.plugins = plugins;
        this.executor = vertx.createSharedWorkerExecutor("atelier-plugins", 1, LONGEST_HOURS, TimeUnit.HOURS);
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "listPlugins", this::list);
        Operations.bind(router, "reloadPlugin", context -> steer(context, plugins::reload));
        Operations.bind(router, "disablePlugin", context -> steer(context, id -> plugins.turn(id, false)));
        Operations.bind(router, "enablePlugin", context -> steer(context, id -> plugins.turn(id, true)));
    }

    private void list(RoutingContext context) {
        List<JsonObject> all =
                plugins.plugins().stream().map(PluginRoutes::json).toList();
        Operations.answer(context, new JsonObject().put("plugins", new JsonArray(all)));
    }

    // A plugin's own code runs here, which may take as long as it is allowed to.
    private void steer(RoutingContext context, Function<String, PluginStatus> action) {
        String id = Operations.pathParameter(context, "plugin_id");
        executor.executeBlocking(() -> action.apply(id), false)
                .onSuccess(status -> Operations.answer(context, json(status)))
                .onFailure(context::fail);
    }

    private static JsonObject json(PluginStatus plugin) {
        List<String> models =
                plugin.declared().stream().map(PipelineDescriptor::modelId).toList();
        return new JsonObject()
                .put("id", plugin.id())
                .put("version", plugin.version())
                .put("state", plugin.state().name().toLowerCase(Locale.ROOT))
                .put("models", new JsonArray(models))
                .put("reason", plugin.reason())
                .put("since", RequestCodec.timestamp(plugin.since()));
    }
}
