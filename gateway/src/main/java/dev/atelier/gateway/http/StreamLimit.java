package dev.atelier.gateway.http;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Bounds how many streams of events one client follows at a time. Safe from any thread. */
final class StreamLimit {
    private final int most;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();

    StreamLimit(int most) {
        this.most = most;
    }

    /**
     * Lets a client follow one more.
     *
     * @return what to call when it follows that one no more
     * @throws PipelineException when it follows enough
     */
    Runnable enter(RoutingContext context) {
        String client = client(context);
        int now = open.merge(client, 1, Integer::sum);
        if (now > most) {
            leave(client);
            throw new PipelineException(
                    ErrorCode.TOO_MANY_STREAMS,
                    "A client may follow " + most + " requests at a time",
                    Map.of("limit", most),
                    null);
        }
        return () -> leave(client);
    }

    private void leave(String client) {
        open.computeIfPresent(client, (name, count) -> count == 1 ? null : count - 1);
    }

    /** Names the client of a request: its API key, or its address where there are no keys. */
    static String client(RoutingContext context) {
        String owner = Caller.of(context).owner();
        return owner == null ? "address " + ClientView.of(context).address() : "key " + owner;
    }
}
