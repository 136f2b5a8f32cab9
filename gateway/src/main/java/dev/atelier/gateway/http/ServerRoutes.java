package dev.atelier.gateway.http;

import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;

/** The server itself: whether it is up, and what it counts. */
final class ServerRoutes {
    private static final JsonObject HEALTHY = new JsonObject().put("status", "healthy");

    private final Handler<RoutingContext> scrape;

    ServerRoutes(Handler<RoutingContext> scrape) {
        this.scrape = scrape;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "getHealth", context -> Operations.answer(context, HEALTHY));
        Operations.bind(router, "getMetrics", scrape);
    }
}
