package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.gateway.worker.Loss;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a gateway ends that lost a device. */
@Timeout(120)
class LossHandlerTest {
    @TempDir
    Path folder;

    private final Foundation foundation = Foundation.lay();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final LossHandler handler = new LossHandler(foundation.vertx(), Duration.ofSeconds(30), ended::countDown);

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("m").writeTo(folder.resolve("plugins"));
    }

    private RunningGateway start() {
        return RunningGateway.start(folder, Map.of(Setting.ALLOW_NO_LORA, "true"), foundation, handler);
    }

    private static JsonObject request(String text) {
        JsonObject prompt =
                new JsonObject().put("prompt", text).put("width", 64).put("height", 64);
        return new JsonObject()
                .put("model", "m")
                .put("prompts", new JsonArray().add(prompt))
                .put("loras", new JsonArray());
    }

    @Test
    void isNotReadyAndEndsOnceTheLossWasScraped() throws Exception {
        try (RunningGateway gateway = start()) {
            String job = gateway.submit(request("{{fail DEVICE_LOST}}"));
            Await.until("the loss", () -> gateway.client().get("/health/ready").status() == 503);
            Await.until(
                    "the reason",
                    () -> gateway.client()
                            .get("/health/ready")
                            .bytes()
                            .toString()
                            .contains("lost: [cpu]"));
            Answer refused = gateway.client().post("/v1/inference", request("p"));
            assertEquals("SHUTTING_DOWN", refused.code());
            assertEquals(1, ended.getCount(), "nobody was told of it yet");

            String metrics = gateway.client().get("/metrics").bytes().toString();

            assertTrue(metrics.contains("atelier_device_lost{device=\"cpu\"} 1.0"), metrics);
            assertTrue(ended.await(20, TimeUnit.SECONDS));
            assertEquals(
                    "in_queue",
                    gateway.client()
                            .get("/v1/requests/" + job + "/status")
                            .json()
                            .getString("status"));
        }
    }

    @Test
    void endsAtOnceWithoutMemory() {
        try (RunningGateway gateway = start()) {
            gateway.onLoss(handler, Loss.HEAP);

            assertEquals(0, ended.getCount());
        }
    }
}
