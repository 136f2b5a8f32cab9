package dev.atelier.gateway.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * Something of a request that has no effect.
 *
 * @param code the kind
 * @param place the way to the field: names and indexes, from {@code body}
 * @param message for people
 */
record Warning(Code code, List<Object> place, String message) {
    Warning {
        place = List.copyOf(place);
    }

    /** The kinds of warnings. */
    enum Code {
        /** The contract has no such field. */
        UNKNOWN_FIELD("unknown_field"),
        /** The model does not use the field. */
        UNUSED_PARAMETER("unused_parameter");

        private final String id;

        Code(String id) {
            this.id = id;
        }

        String id() {
            return id;
        }
    }

    /** Returns the form in which an answer lists it. */
    JsonObject toJson() {
        return new JsonObject()
                .put("code", code.id())
                .put("loc", new JsonArray(place))
                .put("message", message);
    }

    /** Returns the error that it is for a client that prefers strict handling. */
    Violation toViolation() {
        return new Violation(code.id(), place, message, Map.of());
    }
}
