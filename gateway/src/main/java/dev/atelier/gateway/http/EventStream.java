package dev.atelier.gateway.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One answer in the form of server-sent events (HTML standard, 9.2): each event has an id, from which a client goes on
 * after it was cut off. Events are fetched only when the client has taken those before, so that none pile up in memory;
 * a client that takes nothing for too long is dropped. Lives on the event loop of its request.
 */
final class EventStream {
    static final String MEDIA_TYPE = "text/event-stream";

    /** How long a client waits before it comes again, in milliseconds. */
    private static final String BEGINNING = "retry: 2000\n\n";

    private static final int AT_ONCE = 100;
    private static final String HEARTBEAT = ": still here\n\n";

    /**
     * An event.
     *
     * @param id grows from event to event
     * @param name what kind it is
     * @param data about it
     * @param last whether nothing follows
     */
    record Event(long id, String name, JsonObject data, boolean last) {}

    /** Where events come from. */
    interface Source {
        /**
         * Returns the first events after one, in order; none when there are none yet.
         *
         * @param most how many at most
         * @return fails with {@link Ended} when there never will be any; after other failures it is asked again
         */
        Future<List<Event>> after(long id, int most);
    }

    /** There are no events any more. */
    static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Ended() {
            super("there will be no more events");
        }
    }

    /**
     * How a stream behaves.
     *
     * @param poll how often the source is asked without being told that there is something
     * @param heartbeat for how long nothing is sent at most
     * @param patience for how long a client may take nothing
     */
    record Pace(Duration poll, Duration heartbeat, Duration patience) {
        static final Pace DEFAULT = new Pace(Duration.ofSeconds(2), Duration.ofSeconds(15), Duration.ofSeconds(30));
    }

    private final Vertx vertx;
    private final Context context;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Source source;
    private final Pace pace;
    private final Promise<Void> done = Promise.promise();
    private long lastId;
    private long timer;
    private long sentAt = System.nanoTime();
    private long takenAt = System.nanoTime();
    private boolean asking;
    private boolean askAgain;

    EventStream(Vertx vertx, HttpServerRequest request, Source source, Pace pace) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.request = request;
        this.response = request.response();
        this.source = source;
        this.pace = pace;
    }

    /**
     * Begins the answer, with the events after one.
     *
     * @return ends with the stream, however that ends
     */
    Future<Void> start(long afterId) {
        lastId = afterId;
        begin(response);
        send(Buffer.buffer(BEGINNING));
        timer = vertx.setPeriodic(pace.poll().toMillis(), tick -> tick());
        wake();
        return done.future();
    }

    /** Gives an answer the headers of a stream. */
    static HttpServerResponse begin(HttpServerResponse response) {
        return response.setChunked(true)
                .putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader("X-Accel-Buffering", "no"); // or a proxy keeps events back
    }

    /** There may be new events. */
    void wake() {
        askAgain = true;
        if (asking || isOver() || !taken()) {
            return;
        }
        askAgain = false;
        asking = true;
        source.after(lastId, AT_ONCE).onComplete(answer -> {
            asking = false;
            if (isOver()) {
                return;
            }
            if (answer.succeeded()) {
                deliver(answer.result());
            } else if (answer.cause() instanceof Ended) {
                end();
            }
        });
    }

    /** Ends the answer, from any thread; the client comes again, if it wants to. */
    void release() {
        context.runOnContext(here -> end());
    }

    private void end() {
        if (!isOver()) {
            stop();
            response.end();
        }
    }

    /** The client is gone. */
    void stop() {
        vertx.cancelTimer(timer);
        done.tryComplete();
    }

    private boolean isOver() {
        return done.future().isComplete();
    }

    private void deliver(List<Event> events) {
        Buffer bytes = Buffer.buffer();
        boolean last = false;
        for (Event event : events) {
            bytes.appendString("id: " + event.id() + "\nevent: " + event.name() + "\ndata: "
                    + event.data().encode() + "\n\n");
            lastId = event.id();
            last |= event.last();
        }
        if (bytes.length() > 0) {
            send(bytes);
        }
        if (last) {
            end();
        } else if (askAgain || events.size() == AT_ONCE) {
            wake();
        }
    }

    private void send(Buffer bytes) {
        sentAt = System.nanoTime();
        response.write(bytes);
    }

    /** Returns whether the client has taken what was sent; if it has not, the stream goes on once it has. */
    private boolean taken() {
        if (response.writeQueueFull()) {
            response.drainHandler(drained -> wake());
            return false;
        }
        takenAt = System.nanoTime();
        return true;
    }

    private void tick() {
        if (!taken()) {
            if (isLonger(pace.patience(), takenAt)) {
                drop();
            }
            return;
        }
        if (isLonger(pace.heartbeat(), sentAt)) {
            send(Buffer.buffer(HEARTBEAT));
        }
        wake();
    }

    private static boolean isLonger(Duration duration, long since) {
        return System.nanoTime() - since >= TimeUnit.MILLISECONDS.toNanos(duration.toMillis());
    }

    // Vert.x closes a connection only after what was written before, which this client never takes. Nothing is left to
    // do when the channel has closed.
    @SuppressWarnings("FutureReturnValueIgnored")
    private void drop() {
        stop();
        if (request.version() == HttpVersion.HTTP_2) {
            response.reset();
        } else if (request.connection() instanceof ConnectionBase connection) {
            connection.channel().close();
        }
    }
}
