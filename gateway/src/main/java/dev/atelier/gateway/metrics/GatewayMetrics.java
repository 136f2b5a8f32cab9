package dev.atelier.gateway.metrics;

import dev.atelier.gateway.job.EndedJob;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.StoreObserver;
import dev.atelier.gateway.registry.PluginStatus;
import dev.atelier.plugin.ErrorCode;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.metrics.MetricsOptions;
import io.vertx.core.spi.VertxMetricsFactory;
import io.vertx.ext.web.RoutingContext;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * What the gateway counts. Safe from any thread. Labels are bounded: what a client can make up never becomes one. The
 * names stay as they are; new ones follow their pattern.
 */
public final class GatewayMetrics implements StoreObserver, AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final DrawingMetrics drawing;
    private final QueueGauges queue;

    /** Creates an empty registry. */
    public GatewayMetrics() {
        registry.config().meterFilter(new HttpServerMeters()).meterFilter(new TimerBuckets());
        drawing = new DrawingMetrics(registry);
        queue = new QueueGauges(registry);
    }

    /** Returns what {@code Vertx.builder().withMetrics} takes. */
    public VertxMetricsFactory vertxFactory() {
        return new MicrometerMetricsFactory(registry);
    }

    /** Returns what {@code VertxOptions.setMetricsOptions} takes. */
    public MetricsOptions vertxOptions() {
        // Vert.x keeps registries by name for the whole process, and would take another gateway's under its default.
        MicrometerMetricsOptions options = new MicrometerMetricsOptions()
                .setRegistryName("atelier-" + UUID.randomUUID())
                .setLabels(EnumSet.of(Label.HTTP_ROUTE, Label.HTTP_CODE, Label.POOL_TYPE, Label.POOL_NAME))
                .setServerRequestTagsProvider(HttpServerMeters::requestTags)
                .setJvmMetricsEnabled(true);
        for (MetricsDomain unused : List.of(
                MetricsDomain.EVENT_BUS,
                MetricsDomain.NET_SERVER,
                MetricsDomain.NET_CLIENT,
                MetricsDomain.HTTP_CLIENT,
                MetricsDomain.DATAGRAM_SOCKET)) {
            options.addDisabledMetricsCategory(unused);
        }
        return options.setEnabled(true);
    }

    /** Returns the handler of {@code GET /metrics}, which speaks Prometheus and OpenMetrics text. */
    public Handler<RoutingContext> scrapeHandler() {
        return new ScrapeHandler(registry);
    }

    /** Returns what devices count. */
    public DrawingMetrics drawing() {
        return drawing;
    }

    /** A submission became a job. */
    public void accepted(String model) {
        registry.counter("atelier.jobs.accepted", "model", model).increment();
    }

    /** A submission was refused. */
    public void rejected(ErrorCode code) {
        registry.counter("atelier.jobs.rejected", "code", code.name()).increment();
    }

    @Override
    public void observed(String operation, boolean succeeded) {
        registry.counter(
                        "atelier.store.operations",
                        "operation",
                        operation,
                        "outcome",
                        succeeded ? "success" : "failure")
                .increment();
        queue.observed(operation);
    }

    @Override
    public void ended(EndedJob job) {
        drawing.finished(job.model(), job.state(), job.code(), job.total());
    }

    /** Shows how full the queue is from now on, for as long as Vert.x lives. */
    public Future<Void> followQueue(Vertx vertx, JobStore store) {
        return queue.follow(vertx, store);
    }

    /** Shows the plugins and their models. */
    public void plugins(List<PluginStatus> plugins) {
        for (PluginStatus plugin : plugins) {
            Gauge.builder("atelier.plugin.state", () -> 1)
                    .description("1 for the state that the plugin is in")
                    .tag("plugin", plugin.id())
                    .tag("state", plugin.state().name().toLowerCase(Locale.ROOT))
                    .register(registry);
            plugin.models().forEach(model -> drawing.declared(model.descriptor().modelId()));
        }
    }

    /** Returns everything in Prometheus's text form. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        registry.close();
    }
}
