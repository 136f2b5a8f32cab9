package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway's start and end, and a job's whole way through it. */
class GatewayVerticleTest {
    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
    }

    private static JsonObject request(String prompt) {
        return new JsonObject()
                .put("model", "zimage_turbo")
                .put(
                        "prompts",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("prompt", prompt)
                                        .put("width", 64)
                                        .put("height", 64)))
                .put("loras", new JsonArray().add(new JsonObject().put("path", "job/my.safetensors")));
    }

    @Test
    void takesARequestToAPictureAndKnowsItAfterARestart() {
        String id;
        JsonObject result;
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            id = gateway.submit(request("a"));
            result = gateway.await(id);
            assertEquals("succeeded", result.getString("status"), result.encode());
            assertEquals(
                    "image/jpeg",
                    gateway.client().get("/v1/requests/" + id + "/images/0").header("content-type"));
        }
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of(Setting.BASE_URL, "http://other.example/"))) {
            JsonObject again =
                    gateway.client().get("/v1/requests/" + id + "/result").json();
            JsonObject image =
                    again.getJsonObject("outputs").getJsonArray("images").getJsonObject(0);
            assertEquals("http://other.example/v1/requests/" + id + "/images/0", image.getString("url"));
            assertEquals(result.getString("created_at"), again.getString("created_at"));
            assertEquals(result.getJsonObject("metadata"), again.getJsonObject("metadata"));
            assertEquals(
                    200,
                    gateway.client().get("/v1/requests/" + id + "/images/0").status());
        }
    }

    @Test
    void drawsAtTheNextStartWhatWasLeft() throws Exception {
        String drawing;
        String waiting;
        try (Gate gate = new Gate("restart");
                RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            drawing = gateway.submit(request("{{wait restart}}"));
            waiting = gateway.submit(request("b"));
            gate.awaitDrawing();
            // the gateway closes while the gate is shut: the drawing is stopped, not finished
        }
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            assertEquals("succeeded", gateway.await(drawing).getString("status"));
            assertEquals("succeeded", gateway.await(waiting).getString("status"));
        }
    }

    @Test
    void goesOnAfterAJobThatFailed() {
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            String failing = gateway.submit(request("{{fail NON_FINITE_OUTPUT}}"));
            String throwing = gateway.submit(request("{{throw it}}"));
            String good = gateway.submit(request("a"));

            JsonObject failed = gateway.await(failing);
            assertEquals("failed", failed.getString("status"));
            assertEquals("NON_FINITE_OUTPUT", failed.getString("error_code"));
            assertEquals("INTERNAL_ERROR", gateway.await(throwing).getString("error_code"));
            assertEquals("succeeded", gateway.await(good).getString("status"));
        }
    }

    @Test
    void announcesItsAddressItsPageAndARequestThatWorks() {
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            String line = gateway.announcement();
            String address = "http://localhost:" + gateway.client().port();

            assertEquals(1, line.lines().count());
            assertTrue(line.contains("zimage_turbo on cpu at " + address + ";"), line);
            assertTrue(line.contains(address + "/docs"), line);
            String body = line.substring(line.indexOf("-d '") + 4, line.length() - 1);
            assertEquals(
                    "succeeded",
                    gateway.await(gateway.submit(new JsonObject(body))).getString("status"));
        }
    }

    private static JsonObject announced(RunningGateway gateway) {
        String line = gateway.announcement();
        return new JsonObject(line.substring(line.indexOf("-d '") + 4, line.length() - 1));
    }

    @Test
    void announcesALoraThatFitsAModelThatIsServed() throws IOException {
        Files.writeString(folder.resolve("loras/a broken one.safetensors"), "no adapter");
        Files.writeString(folder.resolve("loras/job/another.txt"), "no adapter");
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            JsonObject request = announced(gateway);

            assertEquals("zimage_turbo", request.getString("model"));
            assertEquals(
                    "job/my.safetensors",
                    request.getJsonArray("loras").getJsonObject(0).getString("path"));
            assertTrue(gateway.announcement().contains("LoRA files: " + folder.resolve("loras") + ";"));
        }
    }

    @Test
    void announcesARequestWithoutALoraWhereThereIsNone() throws IOException {
        Path none = Files.createDirectory(folder.resolve("none"));
        Map<Setting, String> settings = Map.of(Setting.WORKFLOWS_BASE_PATH, none.toString());
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            JsonObject request = announced(gateway);

            assertEquals(new JsonArray(), request.getJsonArray("loras"));
            assertEquals(true, request.getBoolean("allow_no_lora"));
        }
        Map<Setting, String> allowed =
                Map.of(Setting.WORKFLOWS_BASE_PATH, none.toString(), Setting.ALLOW_NO_LORA, "true");
        try (RunningGateway gateway = RunningGateway.start(folder, allowed)) {
            JsonObject request = announced(gateway);

            assertFalse(request.containsKey("allow_no_lora"));
            assertEquals("succeeded", gateway.await(gateway.submit(request)).getString("status"));
        }
    }

    @Test
    void announcesNoRequestForAWorkerAndAKeyWhereOneIsNeeded() throws IOException {
        try (RunningGateway worker = RunningGateway.start(folder, Map.of(Setting.ROLE, "worker"))) {
            assertFalse(worker.announcement().contains("curl"), worker.announcement());
        }
        String hash = "0123456789abcdef".repeat(4);
        Path keys = Files.writeString(folder.resolve("keys"), "ann " + hash + "\n");
        Map<Setting, String> settings = Map.of(Setting.API_KEYS_FILE, keys.toString());
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            assertTrue(gateway.announcement().contains("-H 'Authorization: Bearer KEY'"), gateway.announcement());
        }
    }

    @Test
    void servesTheRestWhenNoModelCanBeServed() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("none"));
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of(Setting.PLUGINS_DIR, empty.toString()))) {
            assertTrue(gateway.announcement().contains("can serve no model"), gateway.announcement());
            assertEquals(
                    new JsonArray(), gateway.client().get("/v1/models").json().getJsonArray("models"));
        }
    }

    @Test
    void leavesNothingOpenWhenItCannotStart() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<Setting, String> settings = Map.of(Setting.PORT, Integer.toString(taken.getLocalPort()));

            ConfigException failure = assertThrows(ConfigException.class, () -> RunningGateway.start(folder, settings));

            assertTrue(failure.getMessage().contains("cannot listen on"), failure.getMessage());
            assertFalse(Files.exists(folder.resolve("data/plugins")), "no plugin was loaded");
        }
        Vertx vertx = Vertx.vertx();
        JobStore.open(vertx, folder.resolve("data")).await().close().await();
        vertx.close().await();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (!before.contains(thread) && thread.getName().startsWith("atelier-")) {
                thread.join(5000);
                assertFalse(thread.isAlive(), thread.getName());
            }
        }
    }

    @Test
    void doesNotStartOnADataFolderThatAnotherGatewayHas() {
        try (RunningGateway first = RunningGateway.start(folder, Map.of())) {
            assertEquals(200, first.client().get("/health").status());
            assertThrows(Exception.class, () -> RunningGateway.start(folder, Map.of()));
            assertEquals(200, first.client().get("/health").status());
        }
    }
}
