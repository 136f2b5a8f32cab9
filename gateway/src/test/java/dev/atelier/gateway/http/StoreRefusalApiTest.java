package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.StoreSettings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients hear when the queue is full or a request is gone. */
class StoreRefusalApiTest {
    @TempDir
    Path folder;

    private ApiFixture start(int queueCapacity, Duration retention) throws IOException {
        return ApiFixture.startWith(
                folder,
                data -> new StoreSettings(data, Optional.empty(), queueCapacity, 3, Duration.ofSeconds(30), retention));
    }

    private static JsonObject withPrompts(int count) {
        JsonArray prompts = new JsonArray();
        IntStream.range(0, count).forEach(i -> prompts.add(new JsonObject().put("prompt", "p" + i)));
        return Requests.with("prompts", prompts);
    }

    @Test
    void saysHowFullTheQueueIsAndWhenToComeAgain() throws IOException {
        try (ApiFixture api = start(3, Duration.ofHours(1))) {
            String first =
                    api.client.post("/v1/inference", withPrompts(2)).json().getString("request_id");

            Answer answer = api.client.post("/v1/inference", withPrompts(2));

            assertEquals(429, answer.status());
            assertEquals("QUEUE_FULL", answer.code());
            JsonObject details = answer.json().getJsonObject("error").getJsonObject("details");
            assertEquals(2, details.getInteger("depth"));
            assertEquals(3, details.getInteger("capacity"));
            assertEquals(details.getInteger("retry_after_seconds").toString(), answer.header("Retry-After"));
            assertTrue(details.getInteger("retry_after_seconds") >= 1);
            assertEquals(200, api.client.post("/v1/inference", withPrompts(1)).status(), "there is room for one");
            api.client.send("POST", "/v1/requests/" + first + "/cancel", BodyPublishers.noBody());
            assertEquals(200, api.client.post("/v1/inference", withPrompts(2)).status(), "a canceled one makes room");
        }
    }

    @Test
    void tellsARequestThatExpiredFromOneThatNeverWas() throws IOException {
        try (ApiFixture api = start(256, Duration.ZERO)) {
            String id =
                    api.client.post("/v1/inference", Requests.minimal()).json().getString("request_id");
            String path = "/v1/requests/" + id;
            api.client.send("POST", path + "/cancel", BodyPublishers.noBody());
            api.store.retire().await();

            for (String what : new String[] {"/status", "/result", "/images/0", "/events"}) {
                Answer answer = api.client.get(path + what);
                assertEquals(410, answer.status(), what);
                assertEquals("REQUEST_EXPIRED", answer.code());
            }
            assertEquals(
                    410,
                    api.client
                            .send("POST", path + "/cancel", BodyPublishers.noBody())
                            .status());
            assertEquals(
                    410,
                    api.client.send("DELETE", path, BodyPublishers.noBody()).status());
            assertEquals(new JsonArray(), api.client.get("/v1/requests").json().getJsonArray("requests"));
        }
    }
}
