package dev.atelier.gateway.tracing;

import io.vertx.core.Context;
import io.vertx.core.spi.observability.HttpRequest;
import io.vertx.core.spi.tracing.SpanKind;
import io.vertx.core.spi.tracing.TagExtractor;
import io.vertx.core.spi.tracing.VertxTracer;
import io.vertx.core.tracing.TracingPolicy;
import java.util.Map.Entry;
import org.jspecify.annotations.Nullable;

/**
 * Traces the requests that are answered, but for probes and scrapes. The event bus is our own, and hosts that files are
 * downloaded from have no business with trace ids: neither is traced.
 */
final class ServerRequests implements VertxTracer<Object, Object> {
    private final VertxTracer<Object, Object> all;

    @SuppressWarnings("unchecked") // it gets back what it gave
    ServerRequests(VertxTracer<?, ?> all) {
        this.all = (VertxTracer<Object, Object>) all;
    }

    private static boolean isTraced(Object request) {
        if (!(request instanceof HttpRequest http)) {
            return false;
        }
        String uri = http.uri();
        return !uri.startsWith("/health") && !uri.startsWith("/metrics");
    }

    @Override
    public <R> @Nullable Object receiveRequest(
            Context context,
            SpanKind kind,
            TracingPolicy policy,
            R request,
            String operation,
            Iterable<Entry<String, String>> headers,
            TagExtractor<R> tags) {
        return isTraced(request) ? all.receiveRequest(context, kind, policy, request, operation, headers, tags) : null;
    }

    @Override
    public <R> void sendResponse(
            Context context,
            @Nullable R response,
            @Nullable Object span,
            @Nullable Throwable failure,
            TagExtractor<R> tags) {
        if (span != null) {
            all.sendResponse(context, response, span, failure, tags);
        }
    }

    @Override
    public void close() {
        all.close();
    }
}
