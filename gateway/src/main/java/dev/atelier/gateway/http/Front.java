package dev.atelier.gateway.http;

import dev.atelier.gateway.log.LogFields;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sees every request first: gives it an id that its answer and its log lines carry, and every answer the headers that
 * keep browsers from guessing. Answers 404 to a path that is no proper text, as the reference does.
 */
public final class Front implements Handler<HttpServerRequest> {
    static final String CONTENT_POLICY = "Content-Security-Policy";
    static final String REQUEST_ID = "X-Request-Id";

    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]++");

    private final Handler<HttpServerRequest> router;
    private final BooleanSupplier ending;
    /** Connections that are being closed: what a client sent behind the request that was refused is not read. */
    private final Set<HttpConnection> refused =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

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
        if (refused.contains(request.connection())) {
            return;
        }
        prepare(request);
        Optional<String> problem = problem(request);
        if (problem.isPresent()) {
            refused.add(request.connection());
            ErrorHandler.refuseMalformed(request, problem.get());
            return;
        }
        request.end().onFailure(cause -> refuseBrokenBody(request, cause));
        if (ending.getAsBoolean()) {
            request.response().putHeader(HttpHeaders.CONNECTION, "close");
        }
        if (isText(request.path())) {
            router.handle(request);
        } else {
            ErrorHandler.refuseUnknown(request);
        }
    }

    /** Returns which rule of HTTP a request breaks that the decoder does not check. */
    private static Optional<String> problem(HttpServerRequest request) {
        MultiMap headers = request.headers();
        if (!headers.names().stream().allMatch(name -> TOKEN.matcher(name).matches())) {
            return Optional.of("A header's name must be a token.");
        }
        List<String> codings = headers.getAll(HttpHeaders.TRANSFER_ENCODING);
        if (codings.size() > 1 || !codings.stream().allMatch("chunked"::equalsIgnoreCase)) {
            return Optional.of("The only transfer encoding that is read is chunked.");
        }
        return RequestHost.isValid(request)
                ? Optional.empty()
                : Optional.of("A request must have one Host header: a name or an address, and maybe a port.");
    }

    /** Answers a body whose chunks cannot be read. Vert.x then closes the connection, with what is not flushed. */
    private static void refuseBrokenBody(HttpServerRequest request, Throwable cause) {
        if (cause instanceof HttpClosedException) {
            return;
        }
        if (!request.response().headWritten()) {
            ErrorHandler.refuseMalformed(request, "The chunks of the body cannot be read.");
        }
        if (request.connection() instanceof ConnectionBase connection) {
            connection.channel().flush();
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
