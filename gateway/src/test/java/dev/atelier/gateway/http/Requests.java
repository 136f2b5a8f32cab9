package dev.atelier.gateway.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Bodies of submissions. */
final class Requests {
    private Requests() {}

    /** Returns the reference's minimal request. */
    static JsonObject minimal() {
        return new JsonObject()
                .put("model", "zimage_turbo")
                .put("trigger_word", "sks")
                .put(
                        "prompts",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("prompt", "[trigger] a photo of a person")
                                        .put("width", 128)
                                        .put("height", 128)
                                        .put("seed", 42)
                                        .put("sample_steps", 2)
                                        .put("guidance_scale", 1.0)
                                        .put("neg", "")))
                .put(
                        "loras",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("path", ApiFixture.LORA)
                                        .put("network_multiplier", 1.0)));
    }

    /** Returns the minimal request with another value in its prompt; null is JSON's. */
    static JsonObject withPrompt(String field, Object value) {
        JsonObject request = minimal();
        request.getJsonArray("prompts").getJsonObject(0).put(field, value);
        return request;
    }

    /** Returns the minimal request with another value in its adapter. */
    static JsonObject withLora(String field, Object value) {
        JsonObject request = minimal();
        request.getJsonArray("loras").getJsonObject(0).put(field, value);
        return request;
    }

    /** Returns the minimal request with another value. */
    static JsonObject with(String field, Object value) {
        return minimal().put(field, value);
    }
}
