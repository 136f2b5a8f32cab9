package dev.atelier.gateway.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that ends the process that draws it. */
class DeadlyJobIT {
    @TempDir
    Path folder;

    private Map<String, String> settings() {
        return Map.of(
                "plugins-dir", folder.resolve("plugins").toString(),
                "workflows-base-path", folder.resolve("loras").toString(),
                "data-dir", folder.resolve("data").toString(),
                "output-base-path", folder.resolve("out").toString());
    }

    private static JsonObject request(String prompt) {
        return new JsonObject()
                .put("model", "m")
                .put("prompts", new JsonArray().add(new JsonObject().put("prompt", prompt)))
                .put("loras", new JsonArray().add(new JsonObject().put("path", "a.safetensors")));
    }

    private static String submit(ServerProcess server, String prompt) throws Exception {
        HttpResponse<byte[]> answer = server.post("/v1/inference", request(prompt));
        assertEquals(200, answer.statusCode(), () -> new String(answer.body()));
        return new JsonObject(Buffer.buffer(answer.body())).getString("request_id");
    }

    private static JsonObject awaitEnd(ServerProcess server, String id) throws Exception {
        while (true) {
            JsonObject status = new JsonObject(
                    Buffer.buffer(server.get("/v1/requests/" + id + "/status").body()));
            if (!status.getString("status").startsWith("in_")) {
                return status;
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    @Test
    void failsAfterThreeAttemptsAndItsNeighboursSucceed() throws Exception {
        TestPlugin.procedural("m").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/a.safetensors"), "weights");
        List<String> neighbours = new ArrayList<>();
        String deadly;
        try (ServerProcess first = ServerProcess.launch(folder, settings()).awaitStart()) {
            neighbours.add(submit(first, "before"));
            deadly = submit(first, "{{halt}}");
            for (int i = 0; i < 3 && first.isAlive(); i++) {
                tryToSubmit(first, neighbours, "after " + i);
            }
            first.awaitEnd();
        }
        for (int attempt = 2; attempt <= 3; attempt++) {
            try (ServerProcess next = ServerProcess.launch(folder, settings())) {
                next.awaitEnd();
            }
        }
        try (ServerProcess last = ServerProcess.launch(folder, settings()).awaitStart()) {
            JsonObject failed = awaitEnd(last, deadly);
            assertEquals("failed", failed.getString("status"));
            assertEquals("WORKER_LOST", failed.getString("error_code"), failed.encode());
            neighbours.add(submit(last, "late"));
            for (String neighbour : neighbours) {
                assertEquals("succeeded", awaitEnd(last, neighbour).getString("status"));
            }
        }
    }

    private static void tryToSubmit(ServerProcess server, List<String> accepted, String prompt) {
        try {
            accepted.add(submit(server, prompt));
        } catch (Exception e) {
            // the server has ended meanwhile, as it should
        }
    }
}
