package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The warnings of submissions, and what becomes of them for a client that prefers strict handling. */
class WarningApiTest {
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

    private static Answer submit(JsonObject body, String... headers) {
        List<String> all = new ArrayList<>(List.of("Content-Type", "application/json"));
        all.addAll(List.of(headers));
        return api.client.post("/v1/inference", body.toBuffer(), all.toArray(String[]::new));
    }

    /** Returns the warnings of a request that is accepted, as lines of code, place and message. */
    private static List<String> warnings(JsonObject body, String... headers) {
        Answer answer = submit(body, headers);
        assertEquals(200, answer.status(), answer.bytes()::toString);
        return answer.json().getJsonArray("warnings").stream()
                .map(JsonObject.class::cast)
                .map(warning -> String.join(
                        " ",
                        warning.getString("code"),
                        String.join(
                                ".",
                                warning.getJsonArray("loc").stream()
                                        .map(String::valueOf)
                                        .toList()),
                        warning.getString("message")))
                .toList();
    }

    @Test
    void aRequestWhoseFieldsAllHaveAnEffectGetsNone() {
        assertEquals(List.of(), warnings(Requests.minimal()));
    }

    @ParameterizedTest
    @CsvSource({
        "sead, Unknown field 'sead'. Did you mean 'seed'?",
        "Seed, Unknown field 'Seed'. Did you mean 'seed'?",
        "widht, Unknown field 'widht'. Did you mean 'width'?",
        "sampleSteps, Unknown field 'sampleSteps'. Did you mean 'sample_steps'?",
        "steps, Unknown field 'steps'. Did you mean 'sample_steps'?",
        "guidance, Unknown field 'guidance'. Did you mean 'guidance_scale'?",
        "negative_prompt, Unknown field 'negative_prompt'. Did you mean 'neg'?",
        "priority, Unknown field 'priority'. Did you mean 'body.priority'?",
        "strength, Unknown field 'strength'.",
        "foo, Unknown field 'foo'.",
        "'', Unknown field ''.",
    })
    void namesTheKnownFieldOfAPromptThatAnUnknownOneResembles(String name, String message) {
        assertEquals(
                List.of("unknown_field body.prompts.0." + name + " " + message),
                warnings(Requests.withPrompt(name, 1)));
    }

    @Test
    void namesUnknownFieldsOfTheRequestAndItsLoras() {
        JsonObject body = Requests.withLora("multiplier", 0.5)
                .put("promts", new JsonArray())
                .put("seed", new JsonObject().put("odd", 1));

        assertEquals(
                List.of(
                        "unknown_field body.loras.0.multiplier Unknown field 'multiplier'."
                                + " Did you mean 'network_multiplier'?",
                        "unknown_field body.promts Unknown field 'promts'. Did you mean 'prompts'?",
                        "unknown_field body.seed Unknown field 'seed'. Did you mean 'body.prompts[].seed'?"),
                warnings(body).stream().sorted().toList());
    }

    @Test
    void namesTheParametersThatTheModelDoesNotUse() {
        JsonObject body = Requests.with("kv_cache", true).put("match_target_res", false);
        body.getJsonArray("prompts")
                .getJsonObject(0)
                .put("sampler", "flowmatch")
                .put("num_frames", 1)
                .put("fps", 24)
                .put("ctrl_img", "https://example.com/a.png")
                .put("ctrl_img_3", "");

        String unused = "Model 'zimage_turbo' does not use ";
        assertEquals(
                List.of(
                        "unused_parameter body.kv_cache " + unused + "'kv_cache'.",
                        "unused_parameter body.match_target_res " + unused + "'match_target_res'.",
                        "unused_parameter body.prompts.0.sampler " + unused + "'sampler'.",
                        "unused_parameter body.prompts.0.num_frames " + unused + "'num_frames'.",
                        "unused_parameter body.prompts.0.fps " + unused + "'fps'.",
                        "unused_parameter body.prompts.0.ctrl_img " + unused + "'ctrl_img'.",
                        "unused_parameter body.prompts.0.ctrl_img_3 " + unused + "'ctrl_img_3'."),
                warnings(body));
    }

    @Test
    void aModelThatRequiresAControlImageUsesIt() {
        assertEquals(
                List.of(), warnings(Requests.withPrompt("ctrl_img", "aGVsbG8=").put("model", "controlled")));
    }

    @Test
    void nullIsNoValueThatCouldBeUnused() {
        assertEquals(
                List.of(),
                warnings(Requests.withPrompt("sampler", null)
                        .putNull("kv_cache")
                        .put("hf_token", "hf_x")
                        .put("priority", 1)));
    }

    @Test
    void listsTwentyAtMost() {
        JsonObject many = Requests.minimal();
        IntStream.range(0, 15).forEach(i -> many.put("odd" + i, i));
        IntStream.range(0, 30)
                .forEach(i -> many.getJsonArray("prompts")
                        .add(new JsonObject().put("prompt", "a").put("fps", 1)));

        List<String> warnings = warnings(many);

        assertEquals(20, warnings.size());
        assertEquals(
                15,
                warnings.stream()
                        .filter(line -> line.startsWith("unknown_field"))
                        .count());
    }

    @Test
    void cutsANameThatIsTooLongToBeRepeated() {
        Answer answer = submit(Requests.with("x".repeat(50_000), 1));

        assertEquals(200, answer.status());
        assertTrue(answer.bytes().length() < 2000, answer.bytes()::toString);
    }

    @Test
    void strictHandlingTurnsThemIntoViolationsAndStoresNothing() {
        JsonObject body = Requests.withPrompt("sead", 7).put("kv_cache", true);
        int stored = stored();

        Answer answer = submit(body, "Prefer", "wait=10, handling=strict");

        assertEquals(422, answer.status());
        assertEquals("INVALID_PARAMETER", answer.code());
        assertEquals("handling=strict", answer.header("Preference-Applied"));
        assertEquals(
                List.of("unknown_field body.prompts.0.sead", "unused_parameter body.kv_cache"), answer.violations());
        assertEquals(
                "Unknown field 'sead'. Did you mean 'seed'?",
                answer.json().getJsonArray("detail").getJsonObject(0).getString("msg"));
        assertEquals(stored, stored());
    }

    private static int stored() {
        return api.client
                .get("/v1/requests?limit=1000")
                .json()
                .getJsonArray("requests")
                .size();
    }

    @Test
    void strictHandlingAcceptsARequestWithoutWarnings() {
        Answer answer = submit(Requests.minimal(), "Prefer", "handling=strict, wait=0");

        assertEquals(200, answer.status());
        assertEquals("handling=strict, wait=0", answer.header("Preference-Applied"));
        assertEquals(
                "handling=strict",
                submit(Requests.minimal(), "Prefer", "handling=strict").header("Preference-Applied"));
    }

    @Test
    void lenientHandlingIsTheDefault() {
        Answer answer = submit(Requests.withPrompt("sead", 7), "Prefer", "handling=lenient, handling=strict");

        assertEquals(200, answer.status());
        assertEquals("", answer.header("Preference-Applied"));
    }

    @Test
    void anUnknownModelIsTheFirstProblemUnlessHandlingIsStrict() {
        JsonObject body = Requests.withPrompt("sead", 7).put("model", "dalle").put("kv_cache", true);

        assertEquals("MODEL_NOT_FOUND", submit(body).code());
        assertEquals(
                List.of("unknown_field body.prompts.0.sead"),
                submit(body, "Prefer", "handling=strict").violations());
    }

    @Test
    void aRepeatedRequestGetsItsOwn() {
        String key = "warnings-of-a-repeated-request";
        assertEquals(
                1,
                warnings(Requests.withPrompt("sead", 7), "Idempotency-Key", key).size());

        Answer repeated = submit(Requests.minimal(), "Idempotency-Key", key);

        assertEquals("true", repeated.header("Idempotent-Replayed"));
        assertEquals(new JsonArray(), repeated.json().getJsonArray("warnings"));
        assertFalse(repeated.json().containsKey("outputs"));
    }

    @Test
    void anAnswerThatWaitedHasThemToo() {
        Answer answer = submit(Requests.withPrompt("sead", 7), "Prefer", "wait=0");

        assertEquals("wait=0", answer.header("Preference-Applied"));
        assertEquals(1, answer.json().getJsonArray("warnings").size());
    }
}
