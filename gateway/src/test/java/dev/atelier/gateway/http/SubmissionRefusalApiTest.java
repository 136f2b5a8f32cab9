package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.Job;
import dev.atelier.plugin.GenerationPlan;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** More of what submissions are answered. */
class SubmissionRefusalApiTest {
    private static final String PATH = "/v1/inference";

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

    private static Answer post(JsonObject body) {
        return api.client.post(PATH, body);
    }

    private static Job accepted(JsonObject body) {
        Answer answer = post(body);
        assertEquals(200, answer.status(), answer.bytes().toString());
        return api.store.find(answer.json().getString("request_id")).await().orElseThrow();
    }

    private static GenerationPlan plan(JsonObject body) {
        return accepted(body).request().plans().get(0);
    }

    private static void refused(String code, int status, JsonObject body) {
        Answer answer = post(body);
        assertEquals(status, answer.status(), answer.bytes().toString());
        assertEquals(code, answer.code());
        assertEquals(
                answer.json().getJsonObject("error"),
                answer.json().getJsonObject("detail").getJsonObject("error"));
    }

    private static List<String> violations(JsonObject body) {
        Answer answer = post(body);
        assertEquals(422, answer.status(), answer.bytes().toString());
        assertEquals("INVALID_PARAMETER", answer.code());
        return answer.violations();
    }

    @Test
    void takesAsManyAdaptersAsTheModelDeclares() {
        JsonObject lora = new JsonObject().put("path", ApiFixture.LORA);
        JsonArray two = new JsonArray().add(lora).add(lora);

        assertEquals(
                2,
                accepted(Requests.with("model", "pair").put("loras", two))
                        .request()
                        .adapters()
                        .size());
        refused("SINGLE_LORA_ONLY", 400, Requests.with("loras", two));
    }

    @Test
    void namesTheServedModelsWhereOneIsUnknown() {
        Answer answer = post(Requests.with("model", "ZIMAGE_TURBO"));

        assertEquals(400, answer.status());
        assertEquals("MODEL_NOT_FOUND", answer.code());
        JsonObject error = answer.json().getJsonObject("error");
        assertEquals("Model 'ZIMAGE_TURBO' is not supported", error.getString("message"));
        assertEquals(
                List.of("zimage_turbo", "controlled", "pair", "unmatched"),
                error.getJsonObject("details").getJsonArray("supported_models").getList());
    }

    @Test
    void tellsApartAModelThatCannotBeServedNow() {
        refused("MODEL_NOT_AVAILABLE", 503, Requests.with("model", "absent"));
    }

    @Test
    void checksInTheOrderOfTheReference() {
        JsonObject two = Requests.with(
                "loras",
                new JsonArray()
                        .add(new JsonObject().put("path", "nope").put("transformer", "low"))
                        .add(new JsonObject().put("path", "nope")));
        refused("MODEL_NOT_FOUND", 400, Requests.with("model", "dalle").put("loras", new JsonArray()));
        refused("LORA_FILE_REQUIRED", 400, Requests.with("loras", new JsonArray()));
        refused("MOE_FORMAT_NOT_SUPPORTED", 400, two);
        two.getJsonArray("loras").getJsonObject(0).remove("transformer");
        refused("SINGLE_LORA_ONLY", 400, two);
        refused("LORA_NOT_FOUND", 400, Requests.withLora("path", "nope").put("model", "controlled"));
        refused("CONTROL_IMAGE_REQUIRED", 400, Requests.with("model", "controlled"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "my_lora_job", "../data/x", "/etc/passwd", "a\u0000b", "my_lora_job/../nope", "~"})
    void saysTheSameOfEveryAdapterThatIsNotThere(String path) {
        Answer answer = post(Requests.withLora("path", path));

        assertEquals(400, answer.status());
        JsonObject error = answer.json().getJsonObject("error");
        assertEquals("LORA_NOT_FOUND", error.getString("code"));
        assertTrue(error.getString("message").startsWith("LoRA file not found: " + path + ". Closest names: "), path);
        JsonObject details = error.getJsonObject("details");
        assertEquals(path, details.getString("lora_path"));
        assertEquals(Set.of("lora_path", "closest", "folder"), details.fieldNames());
    }

    @Test
    void refusesAFileThatIsNoAdapter() {
        refused("LORA_INVALID", 422, Requests.withLora("path", "broken.safetensors"));
    }

    @Test
    void listsEveryViolationAtOnceInTheOrderOfTheFields() {
        JsonObject body = new JsonObject()
                .put(
                        "prompts",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("width", 63)
                                        .put("height", 4097)
                                        .put("seed", 1.5))
                                .add("a cat"))
                .put("loras", new JsonArray().add(new JsonObject().put("network_multiplier", 2.01)))
                .put("profile", "mine")
                .put("kv_cache", "perhaps");

        assertEquals(
                List.of(
                        "missing body.model",
                        "missing body.loras.0.path",
                        "less_than_equal body.loras.0.network_multiplier",
                        "missing body.prompts.0.prompt",
                        "greater_than_equal body.prompts.0.width",
                        "less_than_equal body.prompts.0.height",
                        "int_from_float body.prompts.0.seed",
                        "model_attributes_type body.prompts.1",
                        "bool_parsing body.kv_cache",
                        "literal_error body.profile"),
                violations(body));
    }

    @Test
    void saysWhatWouldHaveBeenAllowed() {
        JsonObject width = post(Requests.withPrompt("width", 4097))
                .json()
                .getJsonArray("detail")
                .getJsonObject(0);
        assertEquals(
                new JsonObject()
                        .put("type", "less_than_equal")
                        .put(
                                "loc",
                                new JsonArray()
                                        .add("body")
                                        .add("prompts")
                                        .add(0)
                                        .add("width"))
                        .put("msg", "Input should be less than or equal to 4096")
                        .put("ctx", new JsonObject().put("le", 4096)),
                width);
        JsonObject format = post(Requests.with("output_format", "webp"))
                .json()
                .getJsonArray("detail")
                .getJsonObject(0);
        assertEquals("Input should be 'jpeg' or 'png'", format.getString("msg"));
        assertEquals("'jpeg' or 'png'", format.getJsonObject("ctx").getString("expected"));
    }

    @ParameterizedTest
    @CsvSource({"trigger_word, 1000", "hf_token, 4096", "model, 100"})
    void boundsTheLengthOfTexts(String field, int most) {
        for (String character : List.of("a", "\u00e9", "\ud83d\ude00")) {
            JsonObject longest = Requests.with(field, character.repeat(most));
            assertTrue(post(longest).status() != 422, post(longest).bytes().toString());
            JsonObject tooLong = post(Requests.with(field, character.repeat(most + 1)))
                    .json()
                    .getJsonArray("detail")
                    .getJsonObject(0);
            assertEquals(
                    new JsonObject()
                            .put("type", "string_too_long")
                            .put("loc", new JsonArray().add("body").add(field))
                            .put("msg", "String should have at most " + most + " characters")
                            .put("ctx", new JsonObject().put("max_length", most)),
                    tooLong);
        }
        assertEquals(List.of("string_too_long body." + field), violations(Requests.with(field, "a".repeat(100_000))));
    }

    @Test
    void boundsTheLengthOfPathsAndTakesLongImages() {
        assertEquals(
                List.of("string_too_long body.loras.0.path"), violations(Requests.withLora("path", "a".repeat(4097))));
        Answer absent = post(Requests.withLora("path", "a".repeat(4096)));
        assertEquals("LORA_NOT_FOUND", absent.code());
        assertTrue(absent.bytes().length() < 2500, absent.bytes().toString());
        accepted(Requests.withPrompt("ctrl_img", "a".repeat(150_000)));
    }

    @Test
    void boundsParametersAndHeaders() {
        assertEquals(
                List.of("string_too_long query.model"),
                api.client.get("/v1/requests?model=" + "a".repeat(101)).violations());
        assertEquals(
                List.of("string_too_long header.Prefer"),
                api.client
                        .post(PATH, Requests.minimal().toBuffer(), "Prefer", "a".repeat(1001))
                        .violations());
        assertEquals(
                List.of("string_too_long header.Prefer"),
                api.client
                        .post(PATH, Requests.minimal().toBuffer(), "Prefer", "wait=0", "Prefer", "a".repeat(1001))
                        .violations());
        Answer unknown = api.client.get("/v1/requests/" + "a".repeat(1000) + "/status");
        assertEquals("REQUEST_NOT_FOUND", unknown.code());
        assertTrue(unknown.bytes().length() < 1500, unknown.bytes().toString());
    }

    @Test
    void countsTheLastOfSeveralFieldsOfOneName() {
        String body = Requests.minimal().encode().replaceFirst("\\{", "{\"model\":7,\"loras\":[1,2],");
        assertEquals(200, api.client.post(PATH, Buffer.buffer(body)).status());
        String twice = Requests.minimal().encode().replaceFirst("}$", ",\"model\":7}");
        assertEquals(
                List.of("string_type body.model"),
                api.client.post(PATH, Buffer.buffer(twice)).violations());
    }

    @Test
    void neverEchoesWhatWasSent() {
        JsonObject body = Requests.withPrompt("width", 1).put("hf_token", "hf_secret");
        assertFalse(post(body).bytes().toString().contains("hf_secret"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "loras", "prompts"})
    void requiresWhatTheReferenceRequires(String field) {
        JsonObject without = Requests.minimal();
        without.remove(field);
        assertEquals(List.of("missing body." + field), violations(without));
        String type = field.equals("model") ? "string_type" : "list_type";
        assertEquals(
                List.of(type + " body." + field), violations(Requests.minimal().putNull(field)));
    }

    @Test
    void requiresAPromptAtTheBodysPlace() {
        assertEquals(List.of("value_error body"), violations(Requests.with("prompts", new JsonArray())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\\ud800\"", "\"a\\udc00b\""})
    void refusesTextThatHasNoUtf8Form(String prompt) {
        String body = Requests.minimal().encode().replace("\"[trigger] a photo of a person\"", prompt);
        Answer answer = api.client.post(PATH, Buffer.buffer(body), "Content-Type", "application/json");
        assertEquals(List.of("string_type body.prompts.0.prompt"), answer.violations());
    }

    @Test
    void boundsHowManyViolationsItLists() {
        JsonArray prompts = new JsonArray();
        for (int i = 0; i < 50_000; i++) {
            prompts.add(1);
        }
        assertEquals(1000, violations(Requests.with("prompts", prompts)).size());
    }
}
