package dev.atelier.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.List;
import java.util.Optional;

/** Binds handlers to the contract's operations, and answers from them. */
final class Operations {
    private Operations() {}

    /**
     * Binds the handler of an operation.
     *
     * @throws IllegalStateException when the contract has no such operation
     */
    static OpenAPIRoute bind(RouterBuilder router, String operationId, Handler<RoutingContext> handler) {
        OpenAPIRoute route = router.getRoute(operationId);
        if (route == null) {
            throw new IllegalStateException("openapi.yaml has no operation " + operationId);
        }
        return route.addHandler(handler);
    }

    /**
     * Checks that every operation has a handler; the router would answer 503 to one that has none.
     *
     * @throws IllegalStateException when one has none
     */
    static void requireAllBound(RouterBuilder router) {
        List<String> unbound = router.getRoutes().stream()
                .filter(route -> route.getHandlers().stream()
                        .allMatch(handler -> handler instanceof Gate.Guard || handler instanceof RequestReader))
                .map(route -> route.getOperation().getOperationId())
                .sorted()
                .toList();
        if (!unbound.isEmpty()) {
            throw new IllegalStateException("openapi.yaml declares operations that nothing answers: " + unbound);
        }
    }

    /** Returns the body, which fits the contract. */
    static JsonObject body(RoutingContext context) {
        return ReadRequest.of(context).requireBody();
    }

    /** Returns a parameter of the path. */
    static String pathParameter(RoutingContext context, String name) {
        return Optional.ofNullable(ReadRequest.of(context).path().get(name))
                .orElseThrow(() -> new IllegalStateException("openapi.yaml has no path parameter " + name));
    }

    /** Returns a parameter of the query. */
    static Optional<String> queryParameter(RoutingContext context, String name) {
        return Optional.ofNullable(ReadRequest.of(context).query().get(name));
    }

    /** Answers 200 with an object. */
    static Future<Void> answer(RoutingContext context, JsonObject json) {
        return answer(context, MediaTypes.JSON, json.toBuffer());
    }

    /** Answers 200 with bytes. */
    static Future<Void> answer(RoutingContext context, String contentType, Buffer bytes) {
        HttpServerResponse response = context.response();
        if (!response.headers().contains(HttpHeaders.CACHE_CONTROL)) {
            response.putHeader(HttpHeaders.CACHE_CONTROL, "no-store"); // a job goes on, and a picture is somebody's
        }
        return end(response, contentType, bytes);
    }

    /** Ends an answer. For {@code HEAD}, Vert.x sends no body and no length unless it is set. */
    static Future<Void> end(HttpServerResponse response, String contentType, Buffer bytes) {
        return response.putHeader(HttpHeaders.CONTENT_TYPE, contentType)
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(bytes.length()))
                .end(bytes);
    }
}
