package dev.atelier.gateway.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One thing that a request gets wrong.
 *
 * @param type the kind, by the reference's names
 * @param place the way to the field: names and indexes, from {@code body} or {@code path}
 * @param message for people
 * @param context the bound, or the values allowed
 */
record Violation(String type, List<Object> place, String message, Map<String, Object> context) {
    Violation {
        place = List.copyOf(place);
        context = Map.copyOf(context);
    }

    /** Returns the form in which an answer lists it. Never the value: it may hold a token. */
    JsonObject toJson() {
        JsonObject json = new JsonObject()
                .put("type", type)
                .put("loc", new JsonArray(place))
                .put("msg", message);
        return context.isEmpty() ? json : json.put("ctx", new JsonObject(context));
    }

    /** Returns one line for people. */
    @Override
    public String toString() {
        return place.stream().map(String::valueOf).collect(Collectors.joining(".")) + ": " + message;
    }
}
