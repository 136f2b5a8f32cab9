package dev.atelier.gateway.metrics;

import dev.atelier.gateway.adapter.remote.DownloadObserver;
import dev.atelier.gateway.job.EndedJob;
import dev.atelier.gateway.job.QueueSnapshot;
import dev.atelier.gateway.job.StoreObserver;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.registry.PluginStatus;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
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
import java.util.Optional;
import java.util.UUID;

/**
 * What the gateway counts, as {@link Metric} lists it. Safe from any thread. Labels are bounded: what a client can make
 * up never becomes one.
 */
public final class GatewayMetrics implements StoreObserver, DownloadObserver, AutoCloseable {
    /** The store's operation with which a gateway says that it is there. */
    private static final String HEARTBEAT = "register";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Meters meters = new Meters(registry);
    private final ScrapeHandler scrapes = new ScrapeHandler(registry);
    private final DrawingMetrics drawing;
    private final ModelMetrics models = new ModelMetrics(meters);
    private final QueueGauges queue;
    private volatile boolean storeWritten = true;
    private final MultiGauge plugins;

    /** Creates an empty registry. */
    public GatewayMetrics() {
        registry.config().meterFilter(new HttpServerMeters()).meterFilter(new TimerBuckets());
        drawing = new DrawingMetrics(meters);
        queue = new QueueGauges(meters);
        plugins = meters.rows(Metric.PLUGIN_STATE);
        meters.number(Metric.EVENT_STREAMS);
        for (String code : List.of("none", "DEVICE_LOST", "STORAGE_FULL", "STORAGE_UNAVAILABLE", "WORKER_LOST")) {
            meters.counter(Metric.JOBS_REQUEUED, code); // from 0, so that the first one is an increase
        }
        for (Outcome outcome : Outcome.values()) {
            downloads(outcome);
        }
        meters.counter(Metric.HTTP_SERVER_ERRORS);
        meters.counter(Metric.HTTP_SERVER_REQUEST_RESETS, "GET");
        meters.counter(Metric.DOWNLOAD_BYTES);
        meters.counter(Metric.DOWNLOAD_RETRIES);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
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
        return scrapes;
    }

    /** Ends when a scrape was answered that began after this. */
    public Future<Void> scraped() {
        return scrapes.scraped();
    }

    /** Returns what devices count. */
    public DrawingMetrics drawing() {
        return drawing;
    }

    /** Returns what is known of models. */
    public ModelMetrics models() {
        return models;
    }

    /** Says what was built. */
    public void build(String version, String pluginApi, String onnxruntime, String java) {
        meters.gauge(Metric.BUILD_INFO, () -> 1, version, pluginApi, onnxruntime, java);
    }

    /** A check of readiness has passed, or failed. */
    public void ready(String check, boolean passed) {
        meters.number(Metric.READY, check).set(passed ? 1 : 0);
    }

    /** A folder's file system was looked at. */
    public void disk(String folder, long freeBytes, long totalBytes) {
        meters.number(Metric.DISK_FREE_BYTES, folder).set(freeBytes);
        meters.number(Metric.DISK_TOTAL_BYTES, folder).set(totalBytes);
    }

    /** A submission became a job. */
    public void accepted(String model) {
        meters.counter(Metric.JOBS_ACCEPTED, model).increment();
    }

    /** A submission was refused. */
    public void rejected(ErrorCode code) {
        meters.counter(Metric.JOBS_REJECTED, code.name()).increment();
    }

    /** A client opened an event stream, or one was closed. */
    public void eventStream(boolean opened) {
        meters.number(Metric.EVENT_STREAMS).addAndGet(opened ? 1 : -1);
    }

    @Override
    public void observed(String operation, boolean succeeded) {
        meters.counter(Metric.STORE_OPERATIONS, operation, succeeded ? "success" : "failure")
                .increment();
        if (operation.equals(HEARTBEAT)) {
            storeWritten = succeeded;
        }
    }

    /** Returns whether the store took what a gateway writes into it every few seconds. */
    public boolean isStoreWritten() {
        return storeWritten;
    }

    @Override
    public void ended(EndedJob job) {
        drawing.finished(job.model(), job.state(), job.code(), job.total());
    }

    @Override
    public void requeued(Optional<ErrorCode> fault) {
        meters.counter(Metric.JOBS_REQUEUED, fault.map(Enum::name).orElse("none"))
                .increment();
    }

    @Override
    public void received(int bytes) {
        meters.counter(Metric.DOWNLOAD_BYTES).increment(bytes);
    }

    @Override
    public void retried() {
        meters.counter(Metric.DOWNLOAD_RETRIES).increment();
    }

    @Override
    public void ended(Outcome outcome) {
        downloads(outcome).increment();
    }

    private io.micrometer.core.instrument.Counter downloads(Outcome outcome) {
        return meters.counter(Metric.DOWNLOADS, outcome.name().toLowerCase(Locale.ROOT));
    }

    /** The queue was looked at. */
    public void queue(QueueSnapshot found) {
        queue.show(found);
    }

    /** Watches the event loop that it is called on, for as long as the caller's context lives. */
    public void watchEventLoop(Vertx vertx) {
        new EventLoopLag(meters).watch(vertx);
    }

    /** Shows how full and how busy GPUs are, where the driver tells. */
    public void watchGpus(Vertx vertx, WorkerExecutor executor, List<Device> devices) {
        new GpuGauges(meters).follow(vertx, executor, devices);
    }

    /** Shows the plugins, no former ones, and their models. */
    public void plugins(List<PluginStatus> now) {
        plugins.register(
                now.stream()
                        .map(plugin -> MultiGauge.Row.of(
                                Tags.of(
                                        "plugin",
                                        plugin.id(),
                                        "state",
                                        plugin.state().name().toLowerCase(Locale.ROOT)),
                                1))
                        .toList(),
                true);
        now.forEach(plugin -> plugin.declared().forEach(model -> models.declared(model.modelId())));
    }

    /** Shows from now on how many threads were left to plugins that did not come back. */
    public void abandonedThreads(PluginRegistry source) {
        meters.follow(Metric.PLUGIN_THREADS_ABANDONED, source, PluginRegistry::abandonedThreads);
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
