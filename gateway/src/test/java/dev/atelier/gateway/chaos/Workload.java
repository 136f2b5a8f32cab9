package dev.atelier.gateway.chaos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Requests for the demo model, made from a seed, and what became of them: submitted to whichever server takes them, and
 * compared with what an undisturbed server draws. The pictures are large enough that drawing one takes a while also on
 * a machine with nothing else to do.
 */
final class Workload {
    private static final Path DEMO =
            Path.of("../plugins/zimage-turbo/demo").toAbsolutePath().normalize();
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final List<JsonObject> bodies = new ArrayList<>();
    private final Map<String, Integer> accepted = new LinkedHashMap<>();

    Workload(Random random, int jobs) {
        for (int i = 0; i < jobs; i++) {
            bodies.add(body(random, i));
        }
    }

    private static JsonObject body(Random random, int index) {
        JsonArray prompts = new JsonArray();
        int pictures = 1 + random.nextInt(3);
        for (int i = 0; i < pictures; i++) {
            prompts.add(new JsonObject()
                    .put("prompt", "picture " + index + "." + i + " of [trigger]")
                    .put("width", 256 + 64 * random.nextInt(3))
                    .put("height", 256 + 64 * random.nextInt(3))
                    .put("sample_steps", 10 + random.nextInt(6))
                    .put("seed", random.nextInt(1_000_000)));
        }
        JsonObject lora = new JsonObject()
                .put("path", "my_lora_job/my_lora.safetensors")
                .put("network_multiplier", random.nextInt(5) / 4.0);
        return new JsonObject()
                .put("model", "zimage_turbo")
                .put("trigger_word", "sks")
                .put("output_format", random.nextBoolean() ? "png" : "jpeg")
                .put("loras", new JsonArray().add(lora))
                .put("prompts", prompts);
    }

    /** Returns what a server needs to draw this, with its files in a folder. */
    static Map<String, String> settings(Path folder) {
        return Map.of(
                "plugins-dir", Path.of("target/plugins").toAbsolutePath().toString(),
                "checkpoint", "Tongyi-MAI/Z-Image-Turbo=" + DEMO,
                "workflows-base-path", DEMO.resolve("loras").toString(),
                "plugin-setting", "zimage-turbo.threads=1",
                "data-dir", folder.resolve("data").toString(),
                "output-base-path", folder.resolve("out").toString(),
                "max-attempts", "50");
    }

    int size() {
        return bodies.size();
    }

    /** Submits a request; returns whether it was accepted. A server that is gone or cannot store it accepts nothing. */
    boolean submit(int index, ServerProcess server) throws InterruptedException {
        try {
            HttpResponse<byte[]> answer = server.post("/v1/inference", bodies.get(index));
            if (answer.statusCode() == 503) {
                return false;
            }
            assertEquals(200, answer.statusCode(), () -> new String(answer.body()));
            accepted.put(json(answer).getString("request_id"), index);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Waits until all that was accepted has ended, asking any server that answers, and checks how. */
    void awaitSuccess(Supplier<ServerProcess> any) throws InterruptedException {
        assertEquals(bodies.size(), accepted.size());
        Instant end = Instant.now().plus(PATIENCE);
        for (String id : accepted.keySet()) {
            Optional<JsonObject> result = result(id, any.get());
            while (result.isEmpty() || result.get().getString("status").startsWith("in_")) {
                if (Instant.now().isAfter(end)) {
                    throw new AssertionError("request " + id + " did not end: " + result);
                }
                LockSupport.parkNanos(20_000_000);
                result = result(id, any.get());
            }
            assertEquals(
                    "succeeded", result.get().getString("status"), result.get().encode());
        }
    }

    private static Optional<JsonObject> result(String id, ServerProcess server) throws InterruptedException {
        try {
            HttpResponse<byte[]> answer = server.get("/v1/requests/" + id + "/result");
            if (answer.statusCode() == 503) {
                return Optional.empty();
            }
            assertEquals(200, answer.statusCode(), () -> new String(answer.body()));
            return Optional.of(json(answer));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Draws everything once more on an undisturbed server and compares each picture, byte for byte. */
    int compare(Supplier<ServerProcess> disturbed, ServerProcess undisturbed) throws Exception {
        Workload again = new Workload(new Random(0), 0);
        again.bodies.addAll(bodies);
        Map<Integer, String> twins = new LinkedHashMap<>();
        for (int i = 0; i < bodies.size(); i++) {
            assertEquals(true, again.submit(i, undisturbed));
        }
        again.awaitSuccess(() -> undisturbed);
        again.accepted.forEach((id, index) -> twins.put(index, id));
        int pictures = 0;
        for (Map.Entry<String, Integer> job : accepted.entrySet()) {
            int count = bodies.get(job.getValue()).getJsonArray("prompts").size();
            for (int i = 0; i < count; i++) {
                byte[] expected = picture(twins.get(job.getValue()), i, undisturbed);
                assertArrayEquals(expected, picture(job.getKey(), i, disturbed.get()), job.getKey() + " " + i);
                pictures++;
            }
        }
        return pictures;
    }

    private static byte[] picture(String id, int index, ServerProcess server) throws Exception {
        HttpResponse<byte[]> answer = server.get("/v1/requests/" + id + "/images/" + index);
        assertEquals(200, answer.statusCode(), () -> id + " " + index + ": " + new String(answer.body()));
        return answer.body();
    }

    private static JsonObject json(HttpResponse<byte[]> answer) {
        return new JsonObject(Buffer.buffer(answer.body()));
    }
}
