package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** More of status, result and pictures. */
class RequestImageApiTest {
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

    @ParameterizedTest
    @ValueSource(
            strings = {"nope", "1.5", "null", "-1", "%22", "%5B1%5D", "a%20b", "%C3%A4", "{}", "488EA132-2E32-42E4"})
    void knowsNoOtherRequest(String id) {
        for (String what : List.of("status", "result", "images/0")) {
            String path = "/v1/requests/" + id.replace("{}", "%7B%7D") + "/" + what;
            Answer answer = api.client.get(path);
            assertEquals(404, answer.status(), path);
            assertEquals("REQUEST_NOT_FOUND", answer.code());
        }
        Answer plain = api.client.get("/v1/requests/nope/status");
        assertEquals(
                "Request not found: nope", plain.json().getJsonObject("error").getString("message"));
        assertEquals(
                Map.of("request_id", "nope"),
                plain.json().getJsonObject("error").getJsonObject("details").getMap());
    }

    @Test
    void servesAPictureThatMayBeKept() throws IOException {
        String id = submit(Requests.with("output_format", "png")).getString("request_id");
        OutputImage image = finish(claim(), 0, OutputFormat.PNG);

        Answer answer = api.client.get("/v1/requests/" + id + "/images/0");

        assertEquals(200, answer.status());
        assertEquals("image/png", answer.header("content-type"));
        assertArrayEquals(
                Files.readAllBytes(Path.of(image.filePath())), answer.bytes().getBytes());
        assertEquals(answer.bytes().length(), Integer.parseInt(answer.header("content-length")));
        assertEquals("private, max-age=31536000, immutable", answer.header("cache-control"));
        String tag = answer.header("etag");
        Answer again = api.client.get("/v1/requests/" + id + "/images/0", "If-None-Match", "\"other\", " + tag);
        assertEquals(304, again.status());
        assertEquals(tag, again.header("etag"));
        assertEquals(
                200,
                api.client
                        .send("HEAD", "/v1/requests/" + id + "/images/0", BodyPublishers.noBody())
                        .status());
    }

    @Test
    void tellsOfAPictureThatIsNotThere() throws IOException {
        String id = submit(Requests.minimal()).getString("request_id");
        OutputImage image = finish(claim(), 0, OutputFormat.JPEG);
        String images = "/v1/requests/" + id + "/images/";

        for (String index : List.of("1", "99999999999999999999")) {
            Answer answer = api.client.get(images + index);
            assertEquals(404, answer.status());
            assertEquals("NOT_FOUND", answer.code());
        }
        assertEquals(
                List.of("int_parsing path.index"),
                api.client.get(images + "one").violations());
        assertEquals(
                List.of("greater_than_equal path.index"),
                api.client.get(images + "-1").violations());
        assertEquals("image/jpeg", api.client.get(images + "0").header("content-type"));
        Files.delete(Path.of(image.filePath()));
        assertEquals(404, api.client.get(images + "0").status());
    }

    @Test
    void answersAFaultOfOursWithoutItsDetails() {
        api.closeStore();

        Answer answer = api.client.get("/v1/requests/488ea132-2e32-42e4-a3b1-4a651e671f95/status");

        assertEquals(500, answer.status());
        assertEquals("INTERNAL_ERROR", answer.code());
        assertEquals("Internal Server Error", answer.json().getString("detail"));
        assertEquals(200, api.client.get("/health").status());
    }
}
