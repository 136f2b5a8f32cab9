package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Submissions: what is accepted and what becomes of it, what is refused and how. */
class SubmissionApiTest {
    private static final List<String> OPTIONAL_IN_PROMPTS =
            List.of(("trigger_word width height seed sampler sample_steps guidance_scale neg num_frames fps "
                            + "ctrl_img ctrl_img_1 ctrl_img_2 ctrl_img_3 resolution")
                    .split(" "));

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
    void answersWhereTheJobCanBeFollowed() {
        JsonObject answer = post(Requests.minimal()).json();

        String url = "http://127.0.0.1:" + api.client.port() + "/v1/requests/" + answer.getString("request_id");
        assertEquals("queued", answer.getString("status"));
        assertEquals(url + "/status", answer.getString("status_url"));
        assertEquals(url + "/result", answer.getString("result_url"));
    }

    @Test
    void settlesEverythingThatNeedsNoCheckpoint() {
        Job job = accepted(Requests.minimal().put("output_format", "png").put("profile", "ai-toolkit-preview"));

        assertEquals(OutputFormat.PNG, job.request().outputFormat());
        assertEquals(
                new GenerationPlan(
                        "sks a photo of a person",
                        "",
                        new ImageSize(128, 128),
                        "Default",
                        2,
                        1.0,
                        42,
                        Profile.AI_TOOLKIT_PREVIEW),
                job.request().plans().get(0));
        assertEquals(ApiFixture.LORA, job.request().adapters().get(0).source());
        assertEquals(1.0, job.request().adapters().get(0).multiplier());
    }

    @Test
    void takesNullForAbsentInEveryOptionalField() {
        JsonObject body = Requests.minimal();
        JsonObject prompt = body.getJsonArray("prompts").getJsonObject(0);
        for (String field : OPTIONAL_IN_PROMPTS) {
            prompt.putNull(field);
        }
        for (String field :
                List.of("trigger_word", "hf_token", "kv_cache", "match_target_res", "profile", "output_format")) {
            body.putNull(field);
        }
        body.getJsonArray("loras").getJsonObject(0).putNull("transformer").putNull("network_multiplier");

        Job job = accepted(body);

        assertEquals(
                new GenerationPlan(
                        "[trigger] a photo of a person",
                        "",
                        new ImageSize(1024, 1024),
                        "Default",
                        8,
                        1.0,
                        42,
                        Profile.REFERENCE),
                job.request().plans().get(0));
        assertEquals(1.0, job.request().adapters().get(0).multiplier());
        assertEquals(OutputFormat.JPEG, job.request().outputFormat());
    }

    @Test
    void givesEachPromptASeedOfItsOwn() {
        JsonObject prompt = new JsonObject().put("prompt", "a");
        Job job = accepted(Requests.with(
                "prompts",
                new JsonArray().add(prompt).add(prompt.copy().put("seed", 7)).add(prompt)));

        assertEquals(
                List.of(42L, 7L, 44L),
                job.request().plans().stream().map(GenerationPlan::seed).toList());
    }

    @Test
    void drawsASeedForMinusOne() {
        long first = plan(Requests.withPrompt("seed", -1)).seed();
        long second = plan(Requests.withPrompt("seed", -1)).seed();

        assertTrue(first >= 0 && first <= Integer.MAX_VALUE - 1L && first != second, first + " " + second);
    }

    @Test
    void takesUnsignedSeeds() {
        assertEquals(
                -1L,
                plan(Requests.withPrompt("seed", new BigInteger("18446744073709551615")))
                        .seed());
        assertEquals(
                Long.MIN_VALUE,
                plan(Requests.withPrompt("seed", new BigInteger("9223372036854775808")))
                        .seed());
        assertEquals(
                List.of("less_than_equal body.prompts.0.seed"),
                violations(Requests.withPrompt("seed", new BigInteger("18446744073709551616"))));
    }

    @Test
    void takesZeroForAValue() {
        GenerationPlan plan = plan(Requests.withPrompt("guidance_scale", 0));
        assertEquals(0.0, plan.guidanceScale());
        assertEquals(0L, plan(Requests.withPrompt("seed", 0)).seed());
        Job job = accepted(Requests.withLora("network_multiplier", 0));
        assertEquals(0.0, job.request().adapters().get(0).multiplier());
    }

    @Test
    void readsNumbersAsLenientlyAsTheReference() {
        assertEquals(
                new ImageSize(128, 256),
                plan(Requests.withPrompt("width", 128.0)
                                .mergeIn(Requests.withPrompt("height", " 256 "), 0)
                                .put(
                                        "prompts",
                                        new JsonArray()
                                                .add(new JsonObject()
                                                        .put("prompt", "a")
                                                        .put("width", 128.0)
                                                        .put("height", "256"))))
                        .requestedSize());
        assertEquals(2.5, plan(Requests.withPrompt("guidance_scale", "2.5")).guidanceScale());
        accepted(Requests.with("kv_cache", "yes").put("match_target_res", 1));
    }

    @Test
    void replacesTheTriggerWordOnceEverywhereInThePromptAlone() {
        JsonObject body = Requests.withPrompt("prompt", "[trigger] and [trigger], [Trigger]");
        body.put("trigger_word", "[trigger]x");
        body.getJsonArray("prompts").getJsonObject(0).put("neg", "[trigger]");

        GenerationPlan plan = plan(body);

        assertEquals("[trigger]x and [trigger]x, [Trigger]", plan.prompt());
        assertEquals("[trigger]", plan.negativePrompt());
    }

    @ParameterizedTest
    @CsvSource({"own, own", "'', sks"})
    void letsAPromptsOwnTriggerWordWinUnlessItIsEmpty(String own, String expected) {
        assertEquals(
                expected + " a photo of a person",
                plan(Requests.withPrompt("trigger_word", own)).prompt());
    }

    @Test
    void keepsTheTriggerWhereNoWordIsGiven() {
        assertEquals(
                "[trigger] a photo of a person",
                plan(Requests.with("trigger_word", "")).prompt());
    }

    @Test
    void keepsTheResolutionForThePipelineToJudge() {
        assertEquals("High", plan(Requests.withPrompt("resolution", "High")).resolution());
    }

    @Test
    void acceptsUrlsUnseen() {
        Job job = accepted(Requests.withLora("path", "https://example.com/a.safetensors"));
        assertEquals(
                "https://example.com/a.safetensors",
                job.request().adapters().get(0).source());
    }
}
