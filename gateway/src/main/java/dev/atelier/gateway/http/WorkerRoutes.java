package dev.atelier.gateway.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** Lets a process that only draws answer for itself, its health and its metrics, and for no job: gateways do that. */
public final class WorkerRoutes implements Handler<HttpServerRequest> {
    private final Handler<HttpServerRequest> router;

    /** Stands before a router. */
    public WorkerRoutes(Handler<HttpServerRequest> router) {
        this.router = router;
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (isOfJobs(request.path())) {
            ErrorHandler.refuseUnknown(request);
        } else {
            router.handle(request);
        }
    }

    private static boolean isOfJobs(@Nullable String path) {
        return path != null && (path.startsWith("/v1/inference") || path.startsWith("/v1/requests"));
    }
}
