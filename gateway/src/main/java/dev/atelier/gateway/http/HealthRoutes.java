package dev.atelier.gateway.http;

import dev.atelier.gateway.health.Check;
import dev.atelier.gateway.health.Health;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What load balancers and schedulers ask, answered from memory. */
final class HealthRoutes {
    private static final JsonObject HEALTHY = new JsonObject().put("status", "healthy");
    private static final JsonObject ALIVE = new JsonObject().put("status", "alive");

    private final Health health;

    HealthRoutes(Health health) {
        this.health = health;
    }

    /** Returns whether a path is one of health, which load balancers ask for without naming a host. */
    static boolean isHealth(String path) {
        return path.equals("/health") || path.startsWith("/health/");
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "getHealth", context -> answer(context.response(), true, HEALTHY));
        Operations.bind(router, "getLiveness", context -> answer(context.response(), true, ALIVE));
        Operations.bind(router, "getReadiness", context -> readiness(context.response(), health.readiness()));
        Operations.bind(router, "getStartup", context -> startup(context.response()));
    }

    /** Answers a request for health before there is a router; returns whether it was one. */
    boolean answeredAhead(HttpServerRequest request) {
        Map<String, Consumer<HttpServerResponse>> ahead = Map.of(
                "/health", response -> answer(response, true, HEALTHY),
                "/health/live", response -> answer(response, true, ALIVE),
                "/health/ready", response -> readiness(response, checksAhead()),
                "/health/startup", this::startup);
        Consumer<HttpServerResponse> answer = ahead.get(String.valueOf(request.path()));
        if (answer == null || !(HttpMethod.GET.equals(request.method()) || HttpMethod.HEAD.equals(request.method()))) {
            return false;
        }
        answer.accept(request.response());
        return true;
    }

    private List<Check> checksAhead() {
        List<Check> checks = new ArrayList<>(health.readiness());
        checks.add(new Check("starting", "the start waits for " + String.join(", ", health.starting())));
        return checks;
    }

    private static void readiness(HttpServerResponse response, List<Check> checks) {
        boolean ready = checks.stream().allMatch(Check::ok);
        JsonObject byName = new JsonObject();
        for (Check check : checks) {
            JsonObject told = new JsonObject().put("ok", check.ok());
            byName.put(check.name(), check.ok() ? told : told.put("reason", check.problem()));
        }
        answer(
                response,
                ready,
                new JsonObject().put("status", ready ? "ready" : "not_ready").put("checks", byName));
    }

    private void startup(HttpServerResponse response) {
        List<String> waiting = health.starting();
        boolean started = waiting.isEmpty();
        answer(
                response,
                started,
                new JsonObject().put("status", started ? "started" : "starting").put("waiting_for", waiting));
    }

    private static void answer(HttpServerResponse response, boolean well, JsonObject body) {
        response.setStatusCode(well ? 200 : 503).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        Operations.end(response, MediaTypes.JSON, body.toBuffer());
    }
}
