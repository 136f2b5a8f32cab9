package dev.atelier.gateway.http;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets pages of the allowed origins use the API: the origin is echoed, and a preflight is answered 200 whatever its
 * path. Vert.x's own handler answers 204 and knows only named headers. Refuses pages of other origins whatever may
 * change something: a browser sends such a request without a preflight and only hides the answer.
 */
final class Cors implements SecurityPolicyHandler {
    private static final String METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
    private static final String SECONDS = "600";
    private static final String EXPOSED = "ETag, Retry-After, X-Request-Id";
    private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
    private static final int LONGEST_SHOWN = 200;

    private final List<String> origins;
    private final boolean any;
    private final ServerAddress address;
    private final Audiences audiences;

    /** Allows these origins; {@code *} is any. Operations for administrators stay closed to pages of other origins. */
    Cors(List<String> origins, ServerAddress address, Audiences audiences) {
        this.origins = List.copyOf(origins);
        this.any = origins.contains("*");
        this.address = address;
        this.audiences = audiences;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin == null) {
            context.next();
        } else if (!SAFE.contains(request.method()) && !mayChange(context)) {
            context.fail(refusal(origin));
        } else if (audiences.isAdministrative(context.normalizedPath())) {
            context.next();
        } else {
            answer(context, origin, isAllowed(origin));
        }
    }

    private boolean isAllowed(String origin) {
        return any || origins.stream().anyMatch(origin::equalsIgnoreCase);
    }

    private boolean mayChange(RoutingContext context) {
        ClientView view = ClientView.of(context);
        return context.request().headers().getAll(HttpHeaders.ORIGIN).stream()
                .allMatch(origin -> isAllowed(origin) || address.isOwn(origin, view));
    }

    private static PipelineException refusal(String origin) {
        String shown = origin.length() > LONGEST_SHOWN ? origin.substring(0, LONGEST_SHOWN) + "..." : origin;
        return new PipelineException(
                ErrorCode.ORIGIN_NOT_ALLOWED,
                "Pages of origin '" + shown + "' may not change anything here. Add the origin to CORS_ORIGINS.",
                Map.of("origin", shown, "setting", "CORS_ORIGINS"),
                null);
    }

    private void answer(RoutingContext context, String origin, boolean allowed) {
        HttpServerRequest request = context.request();
        HttpServerResponse response = context.response();
        response.headers().add(HttpHeaders.VARY, "Origin");
        if (allowed) {
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if (!any) {
                response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
            }
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
