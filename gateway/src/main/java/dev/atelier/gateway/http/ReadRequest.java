package dev.atelier.gateway.http;

import dev.atelier.gateway.http.SchemaReader.Tail;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request that fits the contract, as {@link RequestReader} read it.
 *
 * @param path the parameters of the path by their names
 * @param query the parameters of the query by their names; one that the client did not give is not there
 * @param body the fields that the contract knows; null for an operation without a body
 * @param tails the arrays of the body that are longer than what is stored of them, by their places
 * @param unknownFields the places of the body's first fields that the contract does not know
 * @param large whether the body is so large that going through it again is nothing for an event loop
 */
record ReadRequest(
        Map<String, String> path,
        Map<String, String> query,
        @Nullable JsonObject body,
        Map<List<Object>, Tail> tails,
        List<List<Object>> unknownFields,
        boolean large) {
    private static final String KEY = ReadRequest.class.getName();

    ReadRequest {
        path = Map.copyOf(path);
        query = Map.copyOf(query);
        tails = Map.copyOf(tails);
        unknownFields = List.copyOf(unknownFields);
    }

    /** Returns the request of a context. */
    static ReadRequest of(RoutingContext context) {
        return Objects.requireNonNull(context.get(KEY), "a request that was read");
    }

    /** Leaves this in a context. */
    void attachTo(RoutingContext context) {
        context.put(KEY, this);
    }

    /** Returns the body of an operation that has one. */
    JsonObject requireBody() {
        return Objects.requireNonNull(body, "a body that was read");
    }
}
