package dev.atelier.gateway.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;

/** What the server counts. */
final class ServerRoutes {
    private final Handler<RoutingContext> scrape;

    ServerRoutes(Handler<RoutingContext> scrape) {
        this.scrape = scrape;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "getMetrics", scrape);
    }
}
