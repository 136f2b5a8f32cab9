package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a whole gateway says of its health. */
class GatewayHealthTest {
    @TempDir
    Path folder;

    private RunningGateway start(TestPlugin... plugins) throws IOException {
        for (TestPlugin plugin : plugins) {
            plugin.writeTo(folder.resolve("plugins"));
        }
        return RunningGateway.start(folder, Map.of());
    }

    private static JsonObject check(RunningGateway gateway, String name) {
        return gateway.client()
                .get("/health/ready")
                .json()
                .getJsonObject("checks")
                .getJsonObject(name);
    }

    @Test
    void isReadyOnceAModelCanRun() throws Exception {
        try (RunningGateway gateway = start(TestPlugin.procedural("painter"))) {
            Await.until("readiness", () -> gateway.client().get("/health/ready").status() == 200);
            Answer ready = gateway.client().get("/health/ready");

            assertEquals("ready", ready.json().getString("status"));
            assertEquals("no-store", ready.header("cache-control"));
            assertEquals(
                    Set.of("devices", "disk", "draining", "models", "store"),
                    ready.json().getJsonObject("checks").fieldNames());
            assertEquals(200, gateway.client().get("/health/live").status());
            assertEquals(
                    new JsonObject().put("status", "healthy"),
                    gateway.client().get("/health").json());
        }
    }

    @Test
    void saysWhyNoModelCanRun() throws Exception {
        try (RunningGateway gateway = start(TestPlugin.procedural("absent").setting("component", "weights"))) {
            Await.until(
                    "a reason",
                    () -> String.valueOf(check(gateway, "models").getString("reason"))
                            .startsWith("absent: "));

            assertEquals(503, gateway.client().get("/health/ready").status());
            assertEquals(200, gateway.client().get("/health/live").status());
            assertEquals(200, gateway.client().get("/health").status());
            assertEquals(200, gateway.client().get("/health/startup").status());
        }
    }

    @Test
    void isNotReadyWhenNoModelOpens() throws Exception {
        try (RunningGateway gateway =
                start(TestPlugin.procedural("broken").setting("openFailure", "CHECKPOINT_INVALID"))) {
            Await.until(
                    "a reason",
                    () -> "no model opens: broken"
                            .equals(check(gateway, "models").getString("reason")));
            assertFalse(check(gateway, "models").getBoolean("ok"));
        }
    }

    @Test
    void isNotReadyWhileADiskIsFull() throws Exception {
        TestPlugin.procedural("painter").writeTo(folder.resolve("plugins"));
        Map<Setting, String> settings =
                Map.of(Setting.MIN_FREE_BYTES, Long.toString(Long.MAX_VALUE), Setting.ALLOW_NO_LORA, "true");
        JsonObject request = new JsonObject()
                .put("model", "painter")
                .put("prompts", new JsonArray().add(new JsonObject().put("prompt", "a")))
                .put("loras", new JsonArray());
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            Await.until(
                    "a reason",
                    () -> String.valueOf(check(gateway, "disk").getString("reason"))
                            .contains("(MIN_FREE_BYTES)"));
            assertEquals(503, gateway.client().get("/health/ready").status());
            assertEquals(507, gateway.client().post("/v1/inference", request).status());
        }
    }

    @Test
    void hasStartedWhenTheModelsAreOpen() throws Exception {
        try (Gate gate = new Gate("opening");
                RunningGateway gateway = start(TestPlugin.procedural("slow").setting("openGate", "opening"))) {
            gate.awaitDrawing();
            Answer starting = gateway.client().get("/health/startup");
            assertEquals(503, starting.status());
            assertEquals("starting", starting.json().getString("status"));
            assertEquals(
                    new JsonArray().add("models to open on cpu"),
                    starting.json().getJsonArray("waiting_for"));
            assertEquals(200, gateway.client().get("/health/live").status());

            gate.open();
            Await.until(
                    "the end of the start",
                    () -> gateway.client().get("/health/startup").status() == 200);
            assertTrue(gateway.client()
                    .get("/health/startup")
                    .json()
                    .getJsonArray("waiting_for")
                    .isEmpty());
        }
    }
}
