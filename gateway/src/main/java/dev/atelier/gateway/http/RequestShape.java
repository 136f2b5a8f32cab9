package dev.atelier.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.PlatformHandler;
import io.vertx.openapi.contract.OpenAPIContract;

/**
 * Straightens a request before anything else sees it: redirects a trailing slash to the operation without it, and
 * leaves two content types, JSON and any other. Without that the body handler would take forms apart.
 */
final class RequestShape implements PlatformHandler {
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
            String query = request.query();
            context.response()
                    .setStatusCode(307)
                    .putHeader(HttpHeaders.LOCATION, query == null ? shorter : shorter + "?" + query)
                    .end();
            return;
        }
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        request.headers().set(HttpHeaders.CONTENT_TYPE, MediaTypes.isJson(type) ? MediaTypes.JSON : MediaTypes.OTHER);
        context.next();
    }
}
