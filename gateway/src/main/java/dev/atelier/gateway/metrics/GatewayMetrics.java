package dev.atelier.gateway.metrics;

import dev.atelier.plugin.ErrorCode;
import io.vertx.core.Handler;
import io.vertx.core.metrics.MetricsOptions;
import io.vertx.core.spi.VertxMetricsFactory;
import io.vertx.ext.web.RoutingContext;

/** What the gateway counts. Safe from any thread. Labels are bounded: unknown models share one value. */
public final class GatewayMetrics implements AutoCloseable {
    /** Creates an empty registry. */
    public GatewayMetrics() {}

    /** Returns what {@code Vertx.builder().withMetrics} takes. */
    public VertxMetricsFactory vertxFactory() {
        throw new UnsupportedOperationException();
    }

    /** Returns what {@code VertxOptions.setMetricsOptions} takes. */
    public MetricsOptions vertxOptions() {
        throw new UnsupportedOperationException();
    }

    /** Returns the handler of {@code GET /metrics}, which speaks Prometheus and OpenMetrics text. */
    public Handler<RoutingContext> scrapeHandler() {
        throw new UnsupportedOperationException();
    }

    /** A submission became a job. */
    public void accepted(String model) {
        throw new UnsupportedOperationException();
    }

    /** A submission was refused. */
    public void rejected(ErrorCode code) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
