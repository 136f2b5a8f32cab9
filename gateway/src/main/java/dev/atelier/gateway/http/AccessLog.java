package dev.atelier.gateway.http;

import dev.atelier.gateway.log.Redaction;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.PlatformHandler;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Logs each request when it has been answered: what changes something and what failed by the server's fault always, the
 * rest, which clients ask many times a second, in detail only. The path without its query, for that may hold anything.
 */
final class AccessLog implements PlatformHandler {
    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
    private static final int LONGEST_PATH = 200;
    private static final int SERVER_FAULT = 500;

    private final SlowClients slowClients;

    AccessLog(SlowClients slowClients) {
        this.slowClients = slowClients;
    }

    @Override
    public void handle(RoutingContext context) {
        long start = System.nanoTime();
        slowClients.begun(context.request());
        context.addEndHandler(ended -> {
            slowClients.ended(context.request());
            log(context, Duration.ofNanos(System.nanoTime() - start), ended.succeeded());
        });
        context.next();
    }

    private static void log(RoutingContext context, Duration time, boolean whole) {
        HttpServerRequest request = context.request();
        int status = context.response().getStatusCode();
        boolean reads = HttpMethod.GET.equals(request.method()) || HttpMethod.HEAD.equals(request.method());
        if (reads && status < SERVER_FAULT && !LOG.isDebugEnabled()) {
            return;
        }
        String path = Redaction.shortened(String.valueOf(request.path()), LONGEST_PATH);
        String line = "%s %s %d %d ms%s"
                .formatted(request.method(), path, status, time.toMillis(), whole ? "" : ", the client went away");
        Caller caller = Caller.of(context);
        LOG.atLevel(reads && status < SERVER_FAULT ? Level.DEBUG : Level.INFO)
                .log("{}{}", line, caller.owner() == null ? "" : ", key " + caller.owner());
    }
}
