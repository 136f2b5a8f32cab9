package dev.atelier.gateway;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;

/** The demo checkpoint, and small jobs for it. */
final class DemoJobs {
    static final Path FOLDER = Path.of("../plugins/zimage-turbo/demo");
    static final String MODEL = "zimage_turbo";

    private DemoJobs() {}

    /** Asks for a small picture with the demo's LoRA. */
    static JsonObject request(int seed) {
        JsonObject prompt = new JsonObject()
                .put("prompt", "a photo of a person")
                .put("width", 64)
                .put("height", 64)
                .put("sample_steps", 2)
                .put("seed", seed);
        return new JsonObject()
                .put("model", MODEL)
                .put("prompts", new JsonArray().add(prompt))
                .put("loras", new JsonArray().add(new JsonObject().put("path", "my_lora_job/my_lora.safetensors")));
    }
}
