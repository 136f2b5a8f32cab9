package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The list of adapters, and what one holds. */
class LoraApiTest {
    @TempDir
    static Path folder;

    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        api = ApiFixture.start(folder);
        Path outside = Files.writeString(folder.resolve("outside.safetensors"), "secret");
        Files.createSymbolicLink(folder.resolve("loras/link.safetensors"), outside);
        Files.writeString(folder.resolve("loras/notes.txt"), "no adapter");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @Test
    void listsTheFilesThatRequestsMayNameAndNoOthers() throws IOException {
        JsonArray loras = api.client.get("/v1/loras").json().getJsonArray("loras");

        assertEquals(2, loras.size());
        assertEquals("broken.safetensors", loras.getJsonObject(0).getString("path"));
        JsonObject own = loras.getJsonObject(1);
        assertEquals(ApiFixture.LORA, own.getString("path"));
        assertEquals(Files.size(folder.resolve("loras").resolve(ApiFixture.LORA)), own.getLong("size"));
        assertTrue(own.getString("modified_at").endsWith("Z"));
    }

    @Test
    void tellsWhatAFileHolds() throws IOException, NoSuchAlgorithmException {
        Answer answer = inspect(ApiFixture.LORA, "zimage_turbo");

        assertEquals(200, answer.status());
        JsonObject report = answer.json();
        byte[] bytes = Files.readAllBytes(folder.resolve("loras").resolve(ApiFixture.LORA));
        String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        assertEquals(hash, report.getString("sha256"));
        assertEquals(bytes.length, report.getLong("size"));
        assertTrue(report.getBoolean("applied"));
        assertEquals(1, report.getInteger("modules"));
        assertEquals("procedural", report.getString("form"));
        assertTrue(report.containsKey("problem"));
        assertNull(report.getJsonObject("problem"));
    }

    @Test
    void tellsOfAFileThatAModelWouldNotApplyWhichASubmissionRefuses() {
        JsonObject report = inspect(ApiFixture.LORA, "unmatched").json();
        assertFalse(report.getBoolean("applied"));
        assertEquals(new JsonArray().add("another.weight"), report.getJsonArray("unmatched_keys"));
        JsonObject problem = report.getJsonObject("problem");
        assertEquals("LORA_NOT_APPLIED", problem.getString("code"));

        Answer refused = api.client.post("/v1/inference", Requests.with("model", "unmatched"));
        assertEquals(422, refused.status());
        assertEquals("LORA_NOT_APPLIED", refused.json().getJsonObject("error").getString("code"));
        assertTrue(
                refused.json().getJsonObject("error").getString("message").contains("another.weight"),
                refused.json()::encode);
        assertEquals(
                problem.getString("message"),
                refused.json().getJsonObject("error").getString("message"));
    }

    @ParameterizedTest
    @CsvSource({
        "nope.safetensors, zimage_turbo, 400, LORA_NOT_FOUND",
        "link.safetensors, zimage_turbo, 400, LORA_NOT_FOUND",
        "../outside.safetensors, zimage_turbo, 400, LORA_NOT_FOUND",
        "broken.safetensors, zimage_turbo, 422, LORA_INVALID",
        "broken.safetensors, dalle, 400, MODEL_NOT_FOUND",
        "broken.safetensors, absent, 503, MODEL_NOT_AVAILABLE",
    })
    void refusesAsASubmissionDoes(String path, String model, int status, String code) {
        Answer answer = inspect(path, model);

        assertEquals(status, answer.status());
        assertEquals(code, answer.json().getJsonObject("error").getString("code"));
    }

    @Test
    void namesEveryFieldThatIsMissing() {
        Answer answer = api.client.post("/v1/loras/inspect", new JsonObject());

        assertEquals(422, answer.status());
        assertEquals(2, answer.json().getJsonArray("detail").size());
    }

    private static Answer inspect(String path, String model) {
        return api.client.post(
                "/v1/loras/inspect", new JsonObject().put("path", path).put("model", model));
    }
}
