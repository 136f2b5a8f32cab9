package dev.atelier.gateway.http;

import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, as far as that decides which requests are theirs.
 *
 * @param owner the name of the API key; null on a server without keys
 * @param seesAll whether the requests of others are theirs to see and to end
 */
record Caller(@Nullable String owner, boolean seesAll) {
    /** Everybody, on a server without keys. */
    static final Caller ANYONE = new Caller(null, true);

    private static final String KEY = Caller.class.getName();

    /** Returns who sent a request. */
    static Caller of(RoutingContext context) {
        Caller caller = context.get(KEY);
        return caller == null ? ANYONE : caller;
    }

    /** Says that this is who sent a request. */
    void attachTo(RoutingContext context) {
        context.put(KEY, this);
    }
}
