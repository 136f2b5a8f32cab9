package dev.atelier.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;

/**
 * Normalizes a request before anything reads its body: redirects a trailing slash to the operation without it, refuses
 * compressed bodies, and leaves two content types, JSON and any other. Without that the body handler would take forms
 * apart.
 */
final class RequestShape implements SecurityPolicyHandler {
    /** Browsers send it with each request, scripts and other programs do not. */
    private static final String SEC_FETCH_SITE = "Sec-Fetch-Site";

    private final OpenAPIContract contract;

    RequestShape(OpenAPIContract contract) {
        this.contract = contract;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        String path = context.normalizedPath(); // which is what routes are found by
        String shorter = path.substring(0, path.length() - 1);
        if (path.endsWith("/") && path.length() > 1 && contract.findPath(shorter) != null) {
            redirect(context, ClientView.of(context).prefix() + shorter);
        } else if (takesBody(request, path) && MediaTypes.isCompressed(request.headers())) {
            context.fail(415);
        } else {
            String type = isJson(request) ? MediaTypes.JSON : MediaTypes.OTHER;
            request.headers().set(HttpHeaders.CONTENT_TYPE, type);
            context.next();
        }
    }

    private static void redirect(RoutingContext context, String path) {
        String query = context.request().query();
        context.response()
                .setStatusCode(307)
                .putHeader(HttpHeaders.LOCATION, query == null ? path : path + "?" + query)
                .putHeader(HttpHeaders.CONTENT_LENGTH, "0")
                .end();
    }

    private boolean takesBody(HttpServerRequest request, String path) {
        Operation operation = contract.findOperation(path, request.method());
        return operation != null && operation.getRequestBody() != null;
    }

    /** A page can make a browser send a body without a type anywhere, unasked; JSON it must ask for first. */
    private static boolean isJson(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null || type.isBlank()) {
            return !request.headers().contains(HttpHeaders.ORIGIN)
                    && !request.headers().contains(SEC_FETCH_SITE);
        }
        return MediaTypes.isJson(type);
    }
}
