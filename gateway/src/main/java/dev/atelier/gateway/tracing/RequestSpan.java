package dev.atelier.gateway.tracing;

import dev.atelier.gateway.log.LogFields;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;

/** The span that Vert.x began for a request. */
final class RequestSpan {
    private static final String TRACEPARENT = "traceparent";
    private static final int SERVER_FAULT = 500;

    private RequestSpan() {}

    /** Names it after the operation, and makes it what the request's log and jobs belong to. */
    static void follow(RoutingContext context) {
        Span span = Span.current();
        SpanContext ids = span.getSpanContext();
        if (!ids.isValid()) {
            return;
        }
        LogFields fields = LogFields.current();
        new LogFields(fields.requestId(), fields.jobId(), ids.getTraceId()).set();
        context.request()
                .headers()
                .set(
                        TRACEPARENT,
                        "00-" + ids.getTraceId() + "-" + ids.getSpanId() + "-"
                                + ids.getTraceFlags().asHex());
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
}
