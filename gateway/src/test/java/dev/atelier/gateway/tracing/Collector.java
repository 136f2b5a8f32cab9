package dev.atelier.gateway.tracing;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** An OTLP/HTTP endpoint on this machine that keeps the spans which it is sent. */
public final class Collector implements AutoCloseable {
    private final HttpServer server;
    private final List<Received> spans = new CopyOnWriteArrayList<>();

    /**
     * A span that came.
     *
     * @param service which sent it
     * @param span as it was decoded
     */
    public record Received(String service, Span span) {
        /** Returns its name. */
        public String name() {
            return span.getName();
        }

        /** Returns the trace's id in hexadecimal digits. */
        public String traceId() {
            return HexFormat.of().formatHex(span.getTraceId().toByteArray());
        }

        /** Returns its id in hexadecimal digits. */
        public String id() {
            return HexFormat.of().formatHex(span.getSpanId().toByteArray());
        }

        /** Returns its parent's id in hexadecimal digits; empty without one. */
        public String parentId() {
            return HexFormat.of().formatHex(span.getParentSpanId().toByteArray());
        }

        /** Returns its attributes as text. */
        public Map<String, String> attributes() {
            return span.getAttributesList().stream().collect(Collectors.toMap(KeyValue::getKey, Collector::text));
        }

        /** Returns whether it lies within another's time. */
        public boolean isWithin(Received outer) {
            return span.getStartTimeUnixNano() >= outer.span.getStartTimeUnixNano()
                    && span.getEndTimeUnixNano() <= outer.span.getEndTimeUnixNano();
        }
    }

    private static String text(KeyValue attribute) {
        return switch (attribute.getValue().getValueCase()) {
            case INT_VALUE -> Long.toString(attribute.getValue().getIntValue());
            case BOOL_VALUE -> Boolean.toString(attribute.getValue().getBoolValue());
            default -> attribute.getValue().getStringValue();
        };
    }

    /** Listens on a free port. */
    public Collector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", this::receive);
        server.start();
    }

    /** Returns how to trace so that spans come here, soon. */
    public Tracing tracing() {
        return Tracing.configured(Map.of(
                "otel.exporter.otlp.endpoint",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "otel.bsp.schedule.delay",
                "100"));
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
            byte[] body = (zipped ? new GZIPInputStream(exchange.getRequestBody()) : exchange.getRequestBody())
                    .readAllBytes();
            decode(body);
            byte[] answer = ExportTraceServiceResponse.getDefaultInstance().toByteArray();
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private void decode(byte[] body) throws InvalidProtocolBufferException {
        for (ResourceSpans resource : ExportTraceServiceRequest.parseFrom(body).getResourceSpansList()) {
            String service = resource.getResource().getAttributesList().stream()
                    .filter(attribute -> attribute.getKey().equals("service.name"))
                    .map(Collector::text)
                    .findFirst()
                    .orElse("");
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                scope.getSpansList().forEach(span -> spans.add(new Received(service, span)));
            }
        }
    }

    /** Returns the spans of that name, in the order in which they began. */
    public List<Received> spans(String name) {
        return spans.stream()
                .filter(span -> span.name().equals(name))
                .sorted((one, other) -> Long.compare(
                        one.span().getStartTimeUnixNano(), other.span().getStartTimeUnixNano()))
                .toList();
    }

    /** Returns all spans. */
    public List<Received> spans() {
        return List.copyOf(spans);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
