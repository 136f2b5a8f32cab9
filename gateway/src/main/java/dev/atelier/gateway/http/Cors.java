package dev.atelier.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets browsers of other origins use the API, as the reference does: the origin is echoed, credentials are allowed, and
 * a preflight is answered 200 whatever its path. Vert.x's own handler answers 204 and knows only named headers.
 */
final class Cors implements SecurityPolicyHandler {
    private static final String METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
    private static final String SECONDS = "600";

    private static final String EXPOSED = "ETag, Retry-After, X-Request-Id";

    private final List<String> origins;
    private final Audiences audiences;

    /**
     * Allows these origins; {@code *} is any. What is only for who runs the server is for no page of another origin.
     */
    Cors(List<String> origins, Audiences audiences) {
        this.origins = List.copyOf(origins);
        this.audiences = audiences;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin == null || audiences.isAdministrative(context.normalizedPath())) {
            context.next();
            return;
        }
        boolean allowed = origins.contains("*") || origins.contains(origin);
        HttpServerResponse response = context.response();
        response.headers().add(HttpHeaders.VARY, "Origin");
        if (allowed) {
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
                    .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if (HttpMethod.OPTIONS.equals(request.method())
                && request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD)) {
            preflight(response, request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS), allowed);
        } else {
            if (allowed) {
                response.putHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            }
            context.next();
        }
    }

    private static void preflight(HttpServerResponse response, @Nullable String requested, boolean allowed) {
        MultiMap headers = response.headers()
                .set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                .set(HttpHeaders.ACCESS_CONTROL_MAX_AGE, SECONDS)
                .set(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8");
        if (requested != null) {
            headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, requested);
        }
        response.setStatusCode(allowed ? 200 : 400).end(allowed ? "OK" : "Disallowed CORS origin");
    }
}
