package dev.atelier.gateway.metrics;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicReference;

/** Answers a scrape in the text form that the client prefers. */
final class ScrapeHandler implements Handler<RoutingContext> {
    static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final PrometheusMeterRegistry registry;
    private final AtomicReference<Promise<Void>> next = new AtomicReference<>(Promise.promise());

    ScrapeHandler(PrometheusMeterRegistry registry) {
        this.registry = registry;
    }

    /** Ends when a scrape was answered that began after this. */
    Future<Void> scraped() {
        return next.get().future();
    }

    @Override
    public void handle(RoutingContext context) {
        String form = preferred(context);
        Buffer scrape = Buffer.buffer(registry.scrape(form));
        HttpServerResponse response = context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, form)
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(scrape.length()));
        if (HttpMethod.HEAD.equals(context.request().method())) {
            response.end(); // HEAD: no metrics
            return;
        }
        Promise<Void> waiting = next.getAndSet(Promise.promise());
        response.end(scrape)
                .onSuccess(waiting::complete)
                .onFailure(unanswered -> scraped().onSuccess(waiting::complete));
    }

    // The header's entries come sorted by their weight. Prometheus may ask for a binary form first, which is not ours.
    private static String preferred(RoutingContext context) {
        for (MIMEHeader accepted : context.parsedHeaders().accept()) {
            String type = accepted.component() + "/" + accepted.subComponent();
            if (OPEN_METRICS.startsWith(type + ";")) {
                return OPEN_METRICS;
            }
            if (PROMETHEUS.startsWith(type + ";")) {
                return PROMETHEUS;
            }
        }
        return PROMETHEUS;
    }
}
