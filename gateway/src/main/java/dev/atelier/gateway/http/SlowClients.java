package dev.atelier.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Lets go of clients that hold a connection without getting on: that send no request, or no end of its headers, or no
 * end of its body. However little they send meanwhile, it does not help them. All on one event loop.
 */
public final class SlowClients {
    private final Vertx vertx;
    private final Duration waiting;
    private final Duration arriving;
    private final Map<HttpConnection, Watch> watches = Collections.synchronizedMap(new WeakHashMap<>());

    /**
     * Sets the times.
     *
     * @param waiting from a connection's beginning, or its last answer, to the end of a request's headers
     * @param arriving from there to the end of its body
     */
    public SlowClients(Vertx vertx, Duration waiting, Duration arriving) {
        this.vertx = vertx;
        this.waiting = waiting;
        this.arriving = arriving;
    }

    /** Watches a connection from its beginning. */
    public void opened(HttpConnection connection) {
        Watch watch = new Watch();
        watches.put(connection, watch);
        connection.closeHandler(closed -> watch.close());
        watch.await(connection);
    }

    /** Hears that the headers of a request are there. */
    void begun(HttpServerRequest request) {
        watches.computeIfAbsent(request.connection(), unseen -> new Watch()).begun();
        long timer = vertx.setTimer(arriving.toMillis(), late -> ErrorHandler.refuseSlow(request));
        request.end().onComplete(arrived -> vertx.cancelTimer(timer));
    }

    /** Hears that a request was answered, or its client went away. */
    void ended(HttpServerRequest request) {
        Watch watch = watches.get(request.connection());
        if (watch != null) {
            watch.ended(request.connection());
        }
    }

    /** Knows its connection only while it waits, so that a connection which has ended is forgotten at once. */
    private final class Watch {
        private int open;
        private long timer;
        private boolean closed;

        void await(HttpConnection connection) {
            if (!closed) {
                timer = vertx.setTimer(waiting.toMillis(), late -> connection.close());
            }
        }

        void close() {
            closed = true;
            vertx.cancelTimer(timer);
        }

        void begun() {
            open++;
            vertx.cancelTimer(timer);
        }

        void ended(HttpConnection connection) {
            open--;
            if (open == 0) {
                await(connection);
            }
        }
    }
}
