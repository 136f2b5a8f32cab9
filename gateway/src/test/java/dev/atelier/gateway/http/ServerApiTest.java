package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Health, models, metrics, the contract and its page. */
class ServerApiTest {
    @TempDir
    static Path folder;

    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        api = ApiFixture.start(folder);
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @Test
    void isHealthy() {
        assertEquals(
                "{\"status\":\"healthy\"}", api.client.get("/health").bytes().toString());
    }

    @Test
    void listsTheModelsThatAreServed() {
        JsonArray models = api.client.get("/v1/models").json().getJsonArray("models");

        assertEquals(
                List.of("zimage_turbo", "controlled", "pair", "unmatched"),
                models.stream()
                        .map(model -> ((JsonObject) model).getString("id"))
                        .toList());
        assertEquals(
                new JsonObject()
                        .put("id", "zimage_turbo")
                        .put("base_model", "atelier/procedural")
                        .put("resolution_divisor", 32)
                        .put("default_steps", 8)
                        .put("default_guidance_scale", 1.0)
                        .put("requires_control_image", false)
                        .put("is_video_model", false)
                        .putNull("default_num_frames")
                        .putNull("default_fps")
                        .put("description", "A pattern from prompt and seed")
                        .put("plugin", "test-zimage_turbo")
                        .put("state", "closed")
                        .put(
                                "defaults",
                                new JsonObject()
                                        .put("width", 1024)
                                        .put("height", 1024)
                                        .put("sample_steps", 8)
                                        .put("guidance_scale", 1.0)
                                        .put("seed", 42))
                        .put("limits", limits())
                        .put("resolutions", new JsonArray().add("Default"))
                        .put("max_loras", 1)
                        .put("profiles", new JsonArray(List.of("ai-toolkit-preview", "diffusers-legacy", "reference"))),
                models.getJsonObject(0));
        assertTrue(models.getJsonObject(1).getBoolean("requires_control_image"));
    }

    private static JsonObject limits() {
        return new JsonObject()
                .put("sample_steps", range(1, 150))
                .put("guidance_scale", range(0, 20))
                .put("width", range(64, 4096))
                .put("height", range(64, 4096));
    }

    private static JsonObject range(int minimum, int maximum) {
        return new JsonObject().put("minimum", minimum).put("maximum", maximum);
    }

    @Test
    void listsThePlugins() {
        JsonArray plugins = api.client.get("/v1/plugins").json().getJsonArray("plugins");

        assertEquals(5, plugins.size());
        JsonObject first = plugins.getJsonObject(0);
        assertEquals("test-absent", first.getString("id"));
        assertEquals("1.0.0", first.getString("version"));
        assertEquals("started", first.getString("state"));
        assertEquals(new JsonArray().add("absent"), first.getJsonArray("models"));
        assertTrue(first.containsKey("reason"));
    }

    @Test
    void servesTheContractUnchanged() {
        Answer answer = api.client.get("/openapi.json");

        assertEquals("application/json", answer.header("content-type"));
        assertEquals(ApiContract.read(), answer.json());
    }

    @Test
    void servesAPageThatNeedsNoOtherServer() {
        Answer page = api.client.get("/docs");
        String html = page.bytes().toString();

        assertEquals("text/html; charset=utf-8", page.header("content-type"));
        assertFalse(html.contains("://"), html);
        Matcher links = Pattern.compile("(?:src|href)=\"([^\"]+)\"").matcher(html);
        int found = 0;
        while (links.find()) {
            Answer asset = api.client.get("/" + links.group(1));
            assertEquals(200, asset.status(), links.group(1));
            assertTrue(asset.bytes().length() > 100);
            found++;
        }
        assertEquals(4, found);
        assertTrue(api.client.get("/docs/docs.js").bytes().toString().contains("url: \"openapi.json\""));
    }

    @Test
    void countsRequestsByOperationAndSubmissionsByOutcome() {
        api.client.post("/v1/inference", Requests.minimal());
        api.client.post("/v1/inference", Requests.with("model", "dalle"));
        api.client.post("/v1/inference", Requests.withPrompt("width", 1));
        api.client.get("/v1/nothing");

        String metrics = api.client.get("/metrics").bytes().toString();

        assertTrue(metrics.contains("atelier_jobs_accepted_total{model=\"zimage_turbo\"} 1.0"), metrics);
        assertTrue(metrics.contains("atelier_jobs_rejected_total{code=\"MODEL_NOT_FOUND\"} 1.0"), metrics);
        assertTrue(metrics.contains("atelier_jobs_rejected_total{code=\"INVALID_PARAMETER\"} 1.0"), metrics);
        assertFalse(metrics.contains("atelier_jobs_rejected_total{code=\"NOT_FOUND\""), metrics);
        assertTrue(
                Pattern.compile("atelier_http_server_requests_total\\{[^}]*operation=\"submitInference\"[^}]*} ")
                        .matcher(metrics)
                        .find(),
                metrics);
    }
}
