package dev.atelier.gateway.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how many large bodies are received and parsed at a time; the connections of the others are not read meanwhile,
 * so that large bodies neither fill the heap nor keep the event loops from small requests. Requests get their turn in
 * the order of arrival. A body that takes longer than two seconds stops counting, so that slow clients block no others.
 * Thread-safe.
 */
final class LargeBodies implements SecurityPolicyHandler {
    /** The smallest declared size of a large body, in bytes; a body of unknown size counts as large. */
    static final int LARGE = 256 * 1024;

    private static final int AT_ONCE = 2;
    private static final long SLOW_MILLIS = 2_000;
    private static final String KEY = Turn.class.getName();

    private final Deque<Turn> waiting = new ArrayDeque<>();
    private int counted;

    @Override
    public void handle(RoutingContext context) {
        if (!isLarge(context.request())) {
            context.next();
            return;
        }
        Turn turn = new Turn(context);
        context.put(KEY, turn);
        context.addEndHandler(ended -> turn.end());
        if (startOrQueue(turn)) {
            turn.goOn();
        } else {
            context.request().pause(); // the body handler resumes it
        }
    }

    private synchronized boolean startOrQueue(Turn turn) {
        turn.counts = waiting.isEmpty() && counted < AT_ONCE;
        if (turn.counts) {
            counted++;
        } else {
            waiting.add(turn);
        }
        return turn.counts;
    }

    private static boolean isLarge(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null) {
            return request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        }
        try {
            return Long.parseLong(length) >= LARGE;
        } catch (NumberFormatException e) {
            return true;
        }
    }

    /** Ends a request's turn when its body was parsed; its answer may take long. */
    static void parsed(RoutingContext context) {
        Turn turn = context.get(KEY);
        if (turn != null) {
            turn.end();
        }
    }

    private void startNext() {
        for (Turn next = next(); next != null; next = next()) {
            next.start();
        }
    }

    private synchronized @Nullable Turn next() {
        if (counted >= AT_ONCE || waiting.isEmpty()) {
            return null;
        }
        counted++;
        Turn next = waiting.remove();
        next.counts = true;
        return next;
    }

    private synchronized void release(Turn turn) {
        waiting.remove(turn);
        if (turn.counts) {
            turn.counts = false;
            counted--;
        }
    }

    /** A request's turn, which waits, counts, and ends once. */
    private final class Turn {
        private final RoutingContext context;
        private final Context eventLoop = Objects.requireNonNull(Vertx.currentContext());
        private boolean counts;

        private Turn(RoutingContext context) {
            this.context = context;
        }

        void start() {
            eventLoop.runOnContext(here -> goOn());
        }

        void goOn() {
            long timer = context.vertx().setTimer(SLOW_MILLIS, slow -> end());
            context.addEndHandler(ended -> context.vertx().cancelTimer(timer));
            if (!context.response().ended() && !context.response().closed()) {
                context.next();
            }
        }

        void end() {
            release(this);
            startNext();
        }
    }
}
