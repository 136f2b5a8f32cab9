package dev.atelier.gateway.http;

import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of the reference's requests that a model accepts and does not use. What a descriptor declares decides
 * about control images; no descriptor declares the others yet, and no model uses them.
 */
final class UnusedParameters {
    private static final List<String> OF_REQUEST = List.of("kv_cache", "match_target_res");
    private static final List<String> OF_PROMPT = List.of("sampler", "num_frames", "fps");
    private static final List<String> CONTROL_IMAGES = List.of("ctrl_img", "ctrl_img_1", "ctrl_img_2", "ctrl_img_3");

    private UnusedParameters() {}

    /** Returns the places of those that a request gives a value other than null. */
    static List<List<Object>> of(JsonObject body, PipelineDescriptor model) {
        List<List<Object>> places = new ArrayList<>();
        for (String name : OF_REQUEST) {
            if (body.getValue(name) != null) {
                places.add(List.of("body", name));
            }
        }
        JsonArray prompts = body.getJsonArray("prompts");
        for (int i = 0; i < prompts.size(); i++) {
            for (String name : ofPrompt(model)) {
                if (prompts.getJsonObject(i).getValue(name) != null) {
                    places.add(List.of("body", "prompts", i, name));
                }
            }
        }
        return places;
    }

    private static List<String> ofPrompt(PipelineDescriptor model) {
        List<String> names = new ArrayList<>(OF_PROMPT);
        if (!model.requiresControlImage()) {
            names.addAll(CONTROL_IMAGES);
        }
        return names;
    }
}
