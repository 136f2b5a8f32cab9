package dev.atelier.gateway.tracing;

import dev.atelier.gateway.log.LogFields;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;
import java.util.Optional;

/** The span that Vert.x began for a request. */
final class RequestSpan {
    private static final int SERVER_FAULT = 500;

    private RequestSpan() {}

    /** Names it after the operation, and puts its trace into the log. */
    static void follow(RoutingContext context) {
        Span span = Span.current();
        if (!span.getSpanContext().isValid()) {
            return;
        }
        LogFields fields = LogFields.current();
        new LogFields(fields.requestId(), fields.jobId(), span.getSpanContext().getTraceId()).set();
        context.addHeadersEndHandler(answering -> {
            Route route = context.currentRoute();
            Operation operation = route == null ? null : route.getMetadata(RouterBuilder.KEY_META_DATA_OPERATION);
            if (operation != null) {
                span.updateName(context.request().method() + " " + operation.getOpenAPIPath());
                span.setAttribute("http.route", operation.getOpenAPIPath());
                span.setAttribute("atelier.operation", operation.getOperationId());
            }
            if (context.response().getStatusCode() >= SERVER_FAULT) {
                span.setStatus(StatusCode.ERROR);
            }
        });
    }

    /** Returns the current one in W3C form. */
    static Optional<String> current() {
        SpanContext span = Span.current().getSpanContext();
        return span.isValid()
                ? Optional.of("00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                        + span.getTraceFlags().asHex())
                : Optional.empty();
    }
}
