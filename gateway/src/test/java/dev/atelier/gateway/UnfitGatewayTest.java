package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole gateways that cannot write a folder. */
@Timeout(240)
class UnfitGatewayTest {
    private static final int JOBS = 6;

    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("painter").writeTo(folder.resolve("plugins"));
    }

    private RunningGateway start(String name, Map<Setting, String> more) {
        Map<Setting, String> settings = new EnumMap<>(Setting.class);
        settings.put(Setting.ALLOW_NO_LORA, "true");
        settings.put(Setting.DATA_DIR, folder.resolve(name + "/data").toString());
        settings.put(Setting.OUTPUT_BASE_PATH, folder.resolve(name + "/out").toString());
        settings.put(
                Setting.LORA_DOWNLOAD_CACHE_DIR,
                folder.resolve(name + "/downloads").toString());
        settings.putAll(more);
        return RunningGateway.start(folder, settings);
    }

    private static JsonObject request() {
        return new JsonObject()
                .put("model", "painter")
                .put("prompts", new JsonArray().add(new JsonObject().put("prompt", "p")))
                .put("loras", new JsonArray());
    }

    private static JsonObject disk(RunningGateway gateway) {
        return gateway.client()
                .get("/health/ready")
                .json()
                .getJsonObject("checks")
                .getJsonObject("disk");
    }

    private static void awaitReady(RunningGateway gateway) {
        Await.until("readiness", () -> gateway.client().get("/health/ready").status() == 200);
    }

    private static String status(RunningGateway gateway, String id) {
        return gateway.client().get("/v1/requests/" + id + "/result").json().getString("status");
    }

    private static long images(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jpg")).count();
        }
    }

    @Test
    void leavesTheQueueToAGatewayThatCanWriteAndSaysWhichFolderIsUnusableAndWhy() throws Exception {
        try (EmbeddedPostgres database = EmbeddedPostgres.start()) {
            Map<Setting, String> shared = Map.of(
                    Setting.DATABASE_URL,
                    "postgresql://postgres:postgres@localhost:" + database.getPort() + "/postgres");
            try (RunningGateway unfit = start("unfit", shared);
                    RunningGateway fit = start("fit", shared)) {
                awaitReady(unfit);
                awaitReady(fit);
                Path outputs = folder.resolve("unfit/out");
                Files.delete(outputs);
                Await.until("the fault", () -> !disk(unfit).getBoolean("ok"));

                List<String> jobs = new ArrayList<>();
                for (int i = 0; i < JOBS; i++) {
                    jobs.add(unfit.submit(request()));
                }
                for (String job : jobs) {
                    assertEquals("succeeded", unfit.await(job).getString("status"));
                }

                assertEquals(JOBS, images(folder.resolve("fit/out")));
                assertTrue(Files.notExists(outputs), "created again, on another disk than the volume's");
                String reason = disk(unfit).getString("reason");
                assertTrue(reason.contains("outputs (" + outputs + ")") && reason.contains("unmounted"), reason);
                assertEquals(503, unfit.client().get("/health/ready").status());
                String metrics = unfit.client().get("/metrics").bytes().toString();
                assertTrue(metrics.contains("atelier_ready{check=\"disk\"} 0.0"), "alerts see it");

                Files.createDirectories(outputs);
                awaitReady(unfit);
            }
        }
    }

    @Test
    void keepsWhatIsSubmittedWhileItsOnlyWorkerIsUnfit() throws Exception {
        try (RunningGateway gateway = start("lone", Map.of())) {
            awaitReady(gateway);
            Path outputs = folder.resolve("lone/out");
            Files.delete(outputs);
            Files.writeString(outputs, "in the way");
            Await.until("the fault", () -> !disk(gateway).getBoolean("ok"));
            assertTrue(disk(gateway).getString("reason").contains("a file is in its place"), "the cause");

            List<String> jobs = List.of(gateway.submit(request()), gateway.submit(request()));
            Eventually.staysTrue(
                    "the jobs wait",
                    () -> jobs.stream().allMatch(job -> status(gateway, job).equals("in_queue")));

            Files.delete(outputs);
            Files.createDirectories(outputs);
            for (String job : jobs) {
                assertEquals("succeeded", gateway.await(job).getString("status"));
            }
            awaitReady(gateway);
        }
    }
}
