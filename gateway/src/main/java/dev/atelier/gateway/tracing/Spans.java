package dev.atelier.gateway.tracing;

import dev.atelier.gateway.job.Job;
import dev.atelier.plugin.Device;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OpenTelemetry's SDK, configured by its own variables. */
final class Spans {
    private static final String SCOPE = "dev.atelier";
    private static final String TRACEPARENT = "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}";
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
        Context context = context(job.request().terms().traceparent());
        return new JobSpans(tracer, context, job, device);
    }

    void close() {
        sdk.close();
    }

    /** Returns the trace and span of a text in W3C form; none for anything else. */
    static Context context(@Nullable String traceparent) {
        if (traceparent == null || !traceparent.matches(TRACEPARENT)) {
            return Context.root();
        }
        String[] parts = traceparent.split("-", -1);
        SpanContext remote = SpanContext.createFromRemoteParent(
                parts[1], parts[2], TraceFlags.fromHex(parts[3], 0), TraceState.getDefault());
        return Context.root().with(Span.wrap(remote));
    }
}
