package dev.atelier.gateway.http;

import dev.atelier.gateway.log.LogFields;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sees every request first: gives it an id that its answer and its log lines carry, and every answer the headers that
 * keep browsers from guessing. Answers 404 to a path that is no proper text, as the reference does.
 */
public final class Front implements Handler<HttpServerRequest> {
    static final String CONTENT_POLICY = "Content-Security-Policy";
    static final String REQUEST_ID = "X-Request-Id";

    private final Handler<HttpServerRequest> router;
    private final BooleanSupplier ending;

    /**
     * Stands before a router.
     *
     * @param ending whether the server is on its way out: connections are not kept then
     */
    public Front(Handler<HttpServerRequest> router, BooleanSupplier ending) {
        this.router = router;
        this.ending = ending;
    }

    @Override
    public void handle(HttpServerRequest request) {
        prepare(request);
        if (ending.getAsBoolean()) {
            request.response().putHeader(HttpHeaders.CONNECTION, "close");
        }
        if (isText(request.path())) {
            router.handle(request);
        } else {
            ErrorHandler.refuseUnknown(request);
        }
    }

    /** Gives a request its id, and its answer what every answer has. */
    static void prepare(HttpServerRequest request) {
        String id = RequestIds.requestId(request.headers());
        LogFields.of(id, null, RequestIds.traceparent(request.headers()).orElse(null))
                .set();
        request.response()
                .putHeader(REQUEST_ID, id)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Frame-Options", "DENY")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader(CONTENT_POLICY, "default-src 'none'; frame-ancestors 'none'");
    }

    private static boolean isText(@Nullable String path) {
        if (path == null) {
            return true;
        }
        for (int i = path.indexOf('%'); i >= 0; i = path.indexOf('%', i + 1)) {
            if (i + 2 >= path.length() || !isHexDigit(path.charAt(i + 1)) || !isHexDigit(path.charAt(i + 2))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isHexDigit(char c) {
        return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f';
    }
}
