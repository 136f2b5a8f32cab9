package dev.atelier.gateway.tracing;

import dev.atelier.gateway.job.Job;
import dev.atelier.plugin.Device;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OpenTelemetry's SDK, configured by its own variables. */
final class Spans {
    private static final String SCOPE = "dev.atelier";
    private static final String TRACEPARENT = "traceparent";
    /** What holds unless a variable says otherwise: spans alone, over HTTP. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "otel.service.name", "atelier",
            "otel.traces.exporter", "otlp",
            "otel.metrics.exporter", "none",
            "otel.logs.exporter", "none",
            "otel.exporter.otlp.protocol", "http/protobuf");

    private final OpenTelemetrySdk sdk;
    private final Tracer tracer;

    private Spans(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        this.tracer = sdk.getTracer(SCOPE);
    }

    static Spans open(Map<String, String> properties) {
        Map<String, String> all = new HashMap<>(DEFAULTS);
        all.putAll(properties);
        return new Spans(AutoConfiguredOpenTelemetrySdk.builder()
                .disableShutdownHook() // the gateway closes it after its own last span
                .addPropertiesSupplier(() -> all)
                .build()
                .getOpenTelemetrySdk());
    }

    /** Returns what traces the requests that Vert.x answers. */
    VertxTracerFactory requests() {
        OpenTelemetryTracingFactory all = new OpenTelemetryTracingFactory(sdk);
        return options -> new ServerRequests(all.tracer(all.newOptions()));
    }

    JobTrace begin(Job job, Device device) {
        String parent = job.request().terms().traceparent();
        Context context = parent == null
                ? Context.root()
                : W3CTraceContextPropagator.getInstance().extract(Context.root(), parent, new Traceparent());
        return new JobSpans(tracer, context, job, device);
    }

    void close() {
        sdk.close();
    }

    /** Reads a trace context that is one text. */
    private static final class Traceparent implements TextMapGetter<String> {
        @Override
        public Iterable<String> keys(String carrier) {
            return List.of(TRACEPARENT);
        }

        @Override
        public @Nullable String get(@Nullable String carrier, String key) {
            return TRACEPARENT.equals(key) ? carrier : null;
        }
    }
}
