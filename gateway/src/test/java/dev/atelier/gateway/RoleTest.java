package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that only answer, and processes that only draw. */
@Timeout(120)
class RoleTest {
    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/a.safetensors"), "weights");
    }

    private RunningGateway start(EmbeddedPostgres database, String role) {
        Map<Setting, String> settings = new EnumMap<>(Map.of(
                Setting.DATABASE_URL,
                "postgresql://postgres:postgres@localhost:" + database.getPort() + "/postgres",
                Setting.LEASE_SECONDS,
                "3",
                Setting.ROLE,
                role));
        settings.put(Setting.DATA_DIR, folder.resolve(role).toString());
        return RunningGateway.start(folder, settings);
    }

    private static JsonObject request() {
        return new JsonObject()
                .put("model", "zimage_turbo")
                .put("prompts", new JsonArray().add(new JsonObject().put("prompt", "p")))
                .put("loras", new JsonArray().add(new JsonObject().put("path", "a.safetensors")));
    }

    private static JsonObject models(RunningGateway gateway) {
        return gateway.client()
                .get("/health/ready")
                .json()
                .getJsonObject("checks")
                .getJsonObject("models");
    }

    @Test
    void letsAGatewayAnswerForWhatAWorkerDraws() throws Exception {
        try (EmbeddedPostgres database = EmbeddedPostgres.start();
                RunningGateway gateway = start(database, "gateway")) {
            Answer alone = gateway.client().post("/v1/inference", request());
            assertEquals(503, alone.status());
            assertEquals("MODEL_NOT_AVAILABLE", alone.code());
            assertEquals(
                    "no worker that can run a model is there", models(gateway).getString("reason"));

            String id;
            try (RunningGateway worker = start(database, "worker")) {
                assertEquals(
                        404, worker.client().post("/v1/inference", request()).status());
                assertEquals(200, worker.client().get("/health").status());
                while (gateway.client()
                        .get("/v1/models")
                        .json()
                        .getJsonArray("models")
                        .isEmpty()) {
                    LockSupport.parkNanos(20_000_000);
                }
                Await.until("readiness", () -> models(gateway).getBoolean("ok"));
                id = gateway.submit(request());
                assertEquals("succeeded", gateway.await(id).getString("status"));
            }
            assertEquals(
                    200,
                    gateway.client().get("/v1/requests/" + id + "/images/0").status());
            assertTrue(gateway.announcement().contains("can serve no model")
                    || gateway.announcement().contains("its workers"));
        }
    }
}
