package dev.atelier.gateway.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpHeaders;
import java.util.List;

/**
 * What a server answered.
 *
 * @param status the status
 * @param headers the headers
 * @param bytes the body
 */
public record Answer(int status, HttpHeaders headers, Buffer bytes) {
    /** Returns the body as an object. */
    public JsonObject json() {
        return bytes.toJsonObject();
    }

    /** Returns a header; empty when it is not there. */
    public String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    /** Returns the code of an error body. */
    public String code() {
        return json().getJsonObject("error").getString("code");
    }

    /** Returns the violations of an answer 422 as lines of type and place. */
    public List<String> violations() {
        return json().getJsonArray("detail").stream()
                .map(JsonObject.class::cast)
                .map(violation -> violation.getString("type") + " " + place(violation.getJsonArray("loc")))
                .toList();
    }

    private static String place(JsonArray loc) {
        return String.join(".", loc.stream().map(String::valueOf).toList());
    }
}
