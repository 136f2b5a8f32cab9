package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.job.LogLines;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients and operators hear of a server whose database cannot be used. */
@Timeout(120)
class StoreHealthTest {
    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/a.safetensors"), "weights");
    }

    private static Answer submit(RunningGateway gateway) {
        return gateway.client()
                .post(
                        "/v1/inference",
                        new JsonObject()
                                .put("model", "zimage_turbo")
                                .put("prompts", new JsonArray().add(new JsonObject().put("prompt", "p")))
                                .put("loras", new JsonArray().add(new JsonObject().put("path", "a.safetensors"))));
    }

    private static String awaitReason(RunningGateway gateway, String part) {
        while (true) {
            Answer ready = gateway.client().get("/health/ready");
            String reason =
                    ready.json().getJsonObject("checks").getJsonObject("store").getString("reason", "");
            if (reason.contains(part)) {
                assertEquals(part.isEmpty() ? ready.status() : 503, ready.status());
                return reason;
            }
            LockSupport.parkNanos(50_000_000);
        }
    }

    private static void awaitReady(RunningGateway gateway) {
        while (gateway.client().get("/health/ready").status() != 200) {
            LockSupport.parkNanos(50_000_000);
        }
    }

    @Test
    void areTheRemovalOfTheDatabaseFileAndThatTheServerTakesNoJobUntilItIsBack() throws Exception {
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of());
                LogLines log = new LogLines()) {
            awaitReady(gateway);
            Path file = folder.resolve("data/atelier.db");
            Files.move(file, folder.resolve("moved.db"));

            Answer refused = submit(gateway);
            assertEquals(503, refused.status());
            assertEquals("STORE_UNAVAILABLE", refused.code());
            assertEquals("5", refused.header("retry-after"));
            String reason = awaitReason(gateway, "atelier.db was removed or renamed");
            assertFalse(reason.contains(folder.toString()), reason);
            assertEquals(1, log.with("ERROR database unavailable").size());
            assertFalse(Files.exists(file));

            Files.move(folder.resolve("moved.db"), file);
            awaitReady(gateway);
            assertEquals(200, submit(gateway).status());
        }
    }

    @Test
    void areTheReadOnlyServerAndTheRefusedConnection() throws Exception {
        EmbeddedPostgres database = EmbeddedPostgres.start();
        try (RunningGateway gateway = RunningGateway.start(
                folder,
                Map.of(
                        Setting.DATABASE_URL,
                        "postgresql://postgres:s3cret@localhost:" + database.getPort() + "/postgres"))) {
            awaitReady(gateway);
            sql(database, "ALTER SYSTEM SET default_transaction_read_only = on");
            sql(database, "SELECT pg_reload_conf()");
            awaitReason(gateway, "the database server is read-only");
            assertEquals(503, submit(gateway).status());

            database.close();
            String reason = awaitReason(gateway, "refused the connection");

            assertFalse(reason.contains("s3cret"), reason);
            assertTrue(reason.endsWith("."), reason);
        } finally {
            database.close();
        }
    }

    private static void sql(EmbeddedPostgres database, String text) throws SQLException {
        try (Connection connection = database.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }
}
