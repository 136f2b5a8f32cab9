package dev.atelier.gateway.http;

import dev.atelier.gateway.health.Check;
import dev.atelier.gateway.health.Health;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.List;

/** What load balancers and schedulers ask, answered from memory. */
final class HealthRoutes {
    private static final JsonObject HEALTHY = new JsonObject().put("status", "healthy");
    private static final JsonObject ALIVE = new JsonObject().put("status", "alive");

    private final Health health;

    HealthRoutes(Health health) {
        this.health = health;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "getHealth", context -> Operations.answer(context, HEALTHY));
        Operations.bind(router, "getLiveness", context -> answer(context, true, ALIVE));
        Operations.bind(router, "getReadiness", this::readiness);
        Operations.bind(router, "getStartup", this::startup);
    }

    /** Says whether a request asks for health, as the reference answers it. */
    static boolean isHealth(HttpServerRequest request) {
        return HttpMethod.GET.equals(request.method()) && "/health".equals(request.path());
    }

    /** Answers it: whoever answers at all is healthy. */
    static void answerHealthy(HttpServerResponse response) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, MediaTypes.JSON).end(HEALTHY.toBuffer());
    }

    private void readiness(RoutingContext context) {
        List<Check> checks = health.readiness();
        boolean ready = checks.stream().allMatch(Check::ok);
        JsonObject byName = new JsonObject();
        for (Check check : checks) {
            JsonObject told = new JsonObject().put("ok", check.ok());
            byName.put(check.name(), check.ok() ? told : told.put("reason", check.problem()));
        }
        answer(
                context,
                ready,
                new JsonObject().put("status", ready ? "ready" : "not_ready").put("checks", byName));
    }

    private void startup(RoutingContext context) {
        List<String> waiting = health.starting();
        boolean started = waiting.isEmpty();
        answer(
                context,
                started,
                new JsonObject().put("status", started ? "started" : "starting").put("waiting_for", waiting));
    }

    private static void answer(RoutingContext context, boolean well, JsonObject body) {
        context.response().setStatusCode(well ? 200 : 503).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        Operations.answer(context, body);
    }
}
