package dev.atelier.gateway.tracing;

import dev.atelier.gateway.job.Job;
import dev.atelier.plugin.Device;
import io.vertx.core.VertxBuilder;
import io.vertx.ext.web.handler.PlatformHandler;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether and where spans go, as OpenTelemetry's own variables say ({@code OTEL_EXPORTER_OTLP_ENDPOINT} and others).
 * While it is off, none of OpenTelemetry's classes is loaded. Safe from any thread.
 */
public final class Tracing implements AutoCloseable {
    /** Nothing is traced. */
    public static final Tracing OFF = new Tracing(null);

    private final @Nullable Spans spans;

    private Tracing(@Nullable Spans spans) {
        this.spans = spans;
    }

    /** Traces when an exporter is configured by the environment or by system properties. */
    public static Tracing ofProcess() {
        return isConfigured(Tracing::lookUp) ? new Tracing(Spans.open(Map.of())) : OFF;
    }

    /** Traces as properties such as {@code otel.exporter.otlp.endpoint} say. */
    public static Tracing configured(Map<String, String> properties) {
        return new Tracing(Spans.open(properties));
    }

    private interface Source {
        @Nullable
        String get(String name);
    }

    private static @Nullable String lookUp(String name) {
        String property = System.getProperty(name.toLowerCase(Locale.ROOT).replace('_', '.'));
        return property == null ? System.getenv(name) : property;
    }

    private static boolean isConfigured(Source source) {
        String exporter = source.get("OTEL_TRACES_EXPORTER");
        if ("true".equalsIgnoreCase(source.get("OTEL_SDK_DISABLED")) || "none".equals(exporter)) {
            return false;
        }
        return isGiven(exporter)
                || isGiven(source.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
                || isGiven(source.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"));
    }

    private static boolean isGiven(@Nullable String value) {
        return value != null && !value.isBlank();
    }

    /** Returns whether the given variables ask for tracing. */
    static boolean isConfigured(Map<String, String> variables) {
        return isConfigured(variables::get);
    }

    /** Makes a Vert.x to be built trace the requests that it answers. */
    public VertxBuilder attach(VertxBuilder builder) {
        return spans == null ? builder : builder.withTracer(spans.requests());
    }

    /**
     * Returns what lets all that follows from a request belong to its span: log, job, and whoever reads the header
     * {@code traceparent}. It names the span after the operation once the answer begins.
     */
    public PlatformHandler requestHandler() {
        return context -> {
            if (spans != null) {
                RequestSpan.follow(context);
            }
            context.next();
        };
    }

    /** Begins the trace of an attempt at a job, which joins the trace that the job was submitted in. */
    public JobTrace begin(Job job, Device device) {
        return spans == null ? JobTrace.NONE : spans.begin(job, device);
    }

    /** Sends what was not sent yet. */
    @Override
    public void close() {
        if (spans != null) {
            spans.close();
        }
    }
}
