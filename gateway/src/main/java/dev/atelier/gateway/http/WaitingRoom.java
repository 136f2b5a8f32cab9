package dev.atelier.gateway.http;

import dev.atelier.gateway.health.Health;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a router that is still being built, so that a port can be open from the first moment of a start: health
 * is answered at once, other requests wait for the router, as many as a start may have. On one event loop.
 */
public final class WaitingRoom implements Handler<HttpServerRequest> {
    private static final int SEATS = 1000;

    private final Deque<HttpServerRequest> waiting = new ArrayDeque<>();
    private final HealthRoutes health;
    private @Nullable Handler<HttpServerRequest> router;

    /** Opens it, with what is told of health meanwhile. */
    public WaitingRoom(Health health) {
        this.health = new HealthRoutes(health);
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (router != null) {
            router.handle(request);
        } else if (!health.answeredAhead(request)) {
            seat(request);
        }
    }

    private void seat(HttpServerRequest request) {
        if (waiting.size() < SEATS) {
            waiting.add(request.pause());
        } else {
            request.connection().close();
        }
    }

    /** Lets everybody in, those who wait first. */
    public void open(Handler<HttpServerRequest> built) {
        router = built;
        while (!waiting.isEmpty()) {
            HttpServerRequest request = waiting.remove();
            if (!request.response().ended()) { // its body may have been refused meanwhile
                built.handle(request); // before it goes on, so that nothing of its body is missed
                request.resume();
            }
        }
    }
}
