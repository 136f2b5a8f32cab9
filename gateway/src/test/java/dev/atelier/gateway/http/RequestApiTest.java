package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobTimings;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Status, result and pictures of jobs in every state. */
class RequestApiTest {
    private static final List<String> MODELS = List.of("zimage_turbo");
    private static final ImageSize SIZE = new ImageSize(128, 96);

    @TempDir
    Path folder;

    private ApiFixture api;

    @BeforeEach
    void start() throws IOException {
        api = ApiFixture.start(folder);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private JsonObject submit(JsonObject body) {
        return api.client.post("/v1/inference", body).json();
    }

    private Job claim() {
        return api.store.claim("test", MODELS).await().orElseThrow();
    }

    private JsonObject get(String id, String what) {
        Answer answer = api.client.get("/v1/requests/" + id + "/" + what);
        assertEquals(200, answer.status());
        return answer.json();
    }

    /** Finishes one picture of a claimed job. */
    private OutputImage finish(Job job, int index, OutputFormat format) {
        RgbImage picture = new RgbImage(SIZE, new byte[3 * SIZE.width() * SIZE.height()]);
        Path file = api.outputs
                .save(job.id(), index, job.attempt(), format, picture)
                .await()
                .file();
        List<String> unmatched = IntStream.range(0, 60).mapToObj(i -> "key" + i).toList();
        OutputImage image = new OutputImage(
                index,
                format,
                file.toString(),
                new EffectiveSettings(job.request().plans().get(index), SIZE, 0.5, List.of(1f, 0.9f, 0f), 4),
                List.of(new AdapterReport(
                        ApiFixture.LORA,
                        1,
                        "ai-toolkit lora",
                        List.of(16),
                        List.of(8.0),
                        List.of("F32"),
                        7,
                        14,
                        AdapterReport.Keys.NONE,
                        AdapterReport.Keys.of(unmatched),
                        Map.of())),
                1.5,
                0.25);
        api.store.recordImage(job.id(), job.attempt(), image).await();
        return image;
    }

    @Test
    void tellsOfAWaitingJob() {
        JsonObject submitted = submit(Requests.minimal());
        String id = submitted.getString("request_id");

        assertEquals(
                new JsonObject()
                        .put("request_id", id)
                        .put("status", "in_queue")
                        .put("created_at", submitted.getString("created_at"))
                        .putNull("started_at")
                        .putNull("finished_at")
                        .putNull("error")
                        .put("queue_position", 1)
                        .putNull("progress"),
                get(id, "status"));
        assertEquals(
                new JsonObject()
                        .put("request_id", id)
                        .put("status", "in_queue")
                        .putNull("outputs")
                        .putNull("error")
                        .put("created_at", submitted.getString("created_at"))
                        .putNull("finished_at")
                        .putNull("metadata"),
                get(id, "result"));
    }

    @Test
    void tellsOfARunningJobWithoutItsUnfinishedOutputs() {
        String id = submit(Requests.minimal()).getString("request_id");
        finish(claim(), 0, OutputFormat.JPEG);

        assertEquals("in_progress", get(id, "status").getString("status"));
        assertTrue(get(id, "status").getString("started_at").endsWith("Z"));
        assertNull(get(id, "result").getValue("outputs"));
        assertFalse(get(id, "result").containsKey("partial_outputs"));
    }

    @Test
    void givesTheResultOfASucceededJob() {
        JsonObject body = Requests.withPrompt("seed", new BigInteger("18446744073709551615"));
        JsonObject submitted = submit(body.put("profile", "ai-toolkit-preview"));
        Job job = claim();
        OutputImage image = finish(job, 0, OutputFormat.JPEG);
        api.store
                .succeed(job.id(), job.attempt(), new JobTimings(0.5, false, "fresh_load", 2.5))
                .await();

        JsonObject result = get(job.id(), "result");

        assertEquals("succeeded", result.getString("status"));
        assertEquals(submitted.getString("created_at"), result.getString("created_at"));
        JsonObject output =
                result.getJsonObject("outputs").getJsonArray("images").getJsonObject(0);
        JsonObject effective = (JsonObject) output.remove("effective");
        assertEquals(
                new JsonObject()
                        .put("index", 0)
                        .put("format", "jpeg")
                        .put("width", 128)
                        .put("height", 96)
                        .put("file_path", image.filePath())
                        .put("url", submitted.getString("result_url").replace("result", "images/0"))
                        .put("seed", new BigInteger("18446744073709551615")),
                output);
        assertEquals("ai-toolkit-preview", effective.getString("profile"));
        assertEquals(new BigInteger("18446744073709551615"), effective.getValue("seed"));
        assertEquals(List.of(1.0, 0.9, 0.0), effective.getJsonArray("sigmas").getList());
        assertEquals(4, effective.getInteger("evaluations"));
        assertEquals(2, effective.getInteger("steps"));
        assertEquals(0.5, effective.getDouble("guidance_scale"));
        JsonObject lora = effective.getJsonArray("loras").getJsonObject(0);
        assertEquals(ApiFixture.LORA, lora.getString("name"));
        assertEquals(14, lora.getInteger("matched"));
        assertEquals(60, lora.getInteger("unmatched"));
        assertEquals(20, lora.getJsonArray("unmatched_keys").size());
    }

    @Test
    void givesTimesAsTheReferenceNamesThem() {
        submit(Requests.minimal());
        Job job = claim();
        finish(job, 0, OutputFormat.JPEG);
        api.store
                .succeed(job.id(), job.attempt(), new JobTimings(0.5, true, "reuse", 2.5))
                .await();

        JsonObject metadata = get(job.id(), "result").getJsonObject("metadata");

        assertEquals("zimage_turbo", metadata.getString("model"));
        assertTrue(metadata.getDouble("inference_time") >= 0);
        assertEquals(new JsonObject("""
                        {"get_pipeline": 0.5, "pipeline_details": {"cache_hit": true, "cache_action": "reuse"},
                         "prompts": [{"generate": 1.5, "save": 0.25}], "inference_total": 2.5}"""), metadata.getJsonObject("timings"));
    }

    @Test
    void givesWhatAFailedJobHadFinishedApart() {
        String id = submit(Requests.minimal()).getString("request_id");
        Job job = claim();
        finish(job, 0, OutputFormat.JPEG);
        api.store
                .fail(id, job.attempt(), new JobError(ErrorCode.NON_FINITE_OUTPUT, "not finite", Map.of("image", 1)))
                .await();

        JsonObject result = get(id, "result");

        assertEquals("failed", result.getString("status"));
        assertEquals("not finite", result.getString("error"));
        assertEquals("NON_FINITE_OUTPUT", result.getString("error_code"));
        assertEquals(new JsonObject().put("image", 1), result.getJsonObject("error_details"));
        assertNull(result.getValue("outputs"));
        assertNull(result.getValue("metadata"));
        assertEquals(
                1,
                result.getJsonObject("partial_outputs").getJsonArray("images").size());
        assertEquals("not finite", get(id, "status").getString("error"));
    }

    @Test
    void givesWhatACanceledJobHadFinished() {
        String id = submit(Requests.minimal()).getString("request_id");
        Job job = claim();
        finish(job, 0, OutputFormat.JPEG);
        api.store.cancel(id, job.attempt()).await();

        JsonObject result = get(id, "result");

        assertEquals("canceled", result.getString("status"));
        assertEquals(1, result.getJsonObject("outputs").getJsonArray("images").size());
        assertNull(result.getValue("metadata"));
        assertNull(result.getValue("error"));
    }
}
