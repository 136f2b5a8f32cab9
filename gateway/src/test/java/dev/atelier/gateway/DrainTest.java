package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a gateway does when it is told to end while it draws. */
class DrainTest {
    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
    }

    private static JsonObject request(String text) {
        JsonObject prompt =
                new JsonObject().put("prompt", text).put("width", 64).put("height", 64);
        return new JsonObject()
                .put("model", "zimage_turbo")
                .put("prompts", new JsonArray().add(prompt))
                .put("loras", new JsonArray().add(new JsonObject().put("path", "job/my.safetensors")));
    }

    @Test
    void finishesWhatItDrawsAndLeavesTheRestForTheNext() throws Exception {
        String waiting;
        try (Gate gate = new Gate("drain");
                RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            String drawing = gateway.submit(request("{{wait drain}}"));
            gate.awaitDrawing();
            waiting = gateway.submit(request("b"));

            Future<Void> drained = gateway.drain();

            Answer refused = gateway.client().post("/v1/inference", request("c"));
            assertEquals(503, refused.status());
            assertEquals("SHUTTING_DOWN", refused.code());
            assertFalse(drained.isComplete());
            gate.open();
            drained.await(30, TimeUnit.SECONDS);
            assertEquals("succeeded", status(gateway, drawing));
            assertEquals("in_queue", status(gateway, waiting));
        }
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            assertEquals("succeeded", gateway.await(waiting).getString("status"));
        }
    }

    @Test
    void hasNothingToWaitForWhenItDrawsNothing() throws Exception {
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            gateway.await(gateway.submit(request("a")));

            gateway.drain().await(30, TimeUnit.SECONDS);
        }
    }

    private static String status(RunningGateway gateway, String id) {
        return gateway.client().get("/v1/requests/" + id + "/status").json().getString("status");
    }
}
