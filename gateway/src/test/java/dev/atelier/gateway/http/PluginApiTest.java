package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.http.ApiFixture.Entry;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins are steered by whoever has an administrator's key, and by nobody else. */
class PluginApiTest {
    private static final ApiKey.Fresh ANN = ApiKey.create("ann", false);
    private static final ApiKey.Fresh ROOT = ApiKey.create("root", true);
    private static final String[] ACTIONS = {"reload", "disable", "enable"};

    @TempDir
    static Path folder;

    @TempDir
    static Path openFolder;

    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        TestPlugin.procedural("broken").setting("constructorFailure", "as told").writeTo(folder.resolve("plugins"));
        Path keys = Files.writeString(
                folder.resolve("keys"), ANN.known().line() + "\n" + ROOT.known().line() + "\n");
        api = ApiFixture.startBehind(folder, Entry.OPEN.withKeys(Door.ONLY, KeyRing.read(keys), 0));
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static Answer post(String path, ApiKey.Fresh key) {
        return api.client.post(path, Buffer.buffer(), "X-API-Key", key.text());
    }

    private static JsonObject plugin(String id) {
        return api.client.get("/v1/plugins", "X-API-Key", ANN.text()).json().getJsonArray("plugins").stream()
                .map(JsonObject.class::cast)
                .filter(plugin -> plugin.getString("id").equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void tellsWhyAPluginFailed() {
        JsonObject broken = plugin("test-broken");

        assertEquals("failed", broken.getString("state"));
        assertEquals("IllegalStateException: as told", broken.getString("reason"));
        assertEquals(new JsonArray(), broken.getJsonArray("models"));
    }

    @Test
    void lets403AnswerEverybodyButAdministrators() {
        for (String action : ACTIONS) {
            String path = "/v1/plugins/test-pair/" + action;
            assertEquals(403, post(path, ANN).status());
            assertEquals(401, api.client.post(path, Buffer.buffer()).status());
        }
        assertEquals("started", plugin("test-pair").getString("state"));
    }

    @Test
    void refusesToChangeAServerWithoutKeys() throws IOException {
        try (ApiFixture open = ApiFixture.start(openFolder)) {
            for (String action : ACTIONS) {
                Answer answer = open.client.post("/v1/plugins/test-pair/" + action, Buffer.buffer());
                assertEquals(403, answer.status());
                assertEquals("FORBIDDEN", answer.code());
            }
        }
    }

    @Test
    void switchesOffAndOnAndLoadsAnew() {
        Answer off = post("/v1/plugins/test-controlled/disable", ROOT);
        assertEquals(200, off.status());
        assertEquals("disabled", off.json().getString("state"));
        assertEquals(new JsonArray().add("controlled"), off.json().getJsonArray("models"));
        Answer refused = api.client.post(
                "/v1/inference",
                Requests.with("model", "controlled").toBuffer(),
                "X-API-Key",
                ANN.text(),
                "Content-Type",
                "application/json");
        assertEquals(503, refused.status());
        assertEquals("MODEL_NOT_AVAILABLE", refused.code());

        Answer on = post("/v1/plugins/test-controlled/enable", ROOT);
        assertEquals("started", on.json().getString("state"));
        Answer again = post("/v1/plugins/test-controlled/reload", ROOT);
        assertEquals("started", again.json().getString("state"));
        assertNull(again.json().getString("reason"));
    }

    @Test
    void knowsNoOtherPlugin() {
        Answer answer = post("/v1/plugins/nope/reload", ROOT);

        assertEquals(404, answer.status());
        assertEquals("PLUGIN_NOT_FOUND", answer.code());
    }
}
