package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.gateway.http.ApiFixture.LoraRules;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many adapters a request may name. */
class LoraRulesApiTest {
    private static final JsonArray TWO = new JsonArray()
            .add(new JsonObject().put("path", ApiFixture.LORA))
            .add(new JsonObject().put("path", ApiFixture.LORA).put("network_multiplier", -1));

    @TempDir
    Path folder;

    @Test
    void takesAsManyAsTheModelDoes() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            assertEquals(200, submit(api, "pair", TWO).status());
            assertRefused(submit(api, "zimage_turbo", TWO), "SINGLE_LORA_ONLY", 1);
            assertRefused(submit(api, "pair", TWO.copy().add(TWO.getValue(0))), "SINGLE_LORA_ONLY", 2);
        }
    }

    @Test
    void boundsHowManyARequestMayNameWhateverAModelTakes() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            for (int count : new int[] {3, 100, 101, 2000}) {
                JsonArray many = new JsonArray(Collections.nCopies(count, TWO.getValue(0)));
                assertRefused(submit(api, "pair", many), "SINGLE_LORA_ONLY", 2);
                assertEquals("MODEL_NOT_FOUND", submit(api, "dalle", many).code());
            }
        }
    }

    @Test
    void judgesAdaptersThatAreTooManyToBeStored() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            JsonArray many = new JsonArray(Collections.nCopies(1000, TWO.getValue(0)));
            JsonObject expert = new JsonObject().put("path", "a").put("transformer", "low");
            assertEquals(
                    "MOE_FORMAT_NOT_SUPPORTED",
                    submit(api, "pair", many.copy().add(expert)).code());
            assertEquals(
                    List.of("string_type body.loras.1000.path"),
                    submit(api, "pair", many.copy().add(new JsonObject().put("path", 3)))
                            .violations());
        }
    }

    @Test
    void takesFewerWhereTheOperatorSaysSo() throws IOException {
        try (ApiFixture api = ApiFixture.startWith(folder, new LoraRules(1, false))) {
            assertRefused(submit(api, "pair", TWO), "SINGLE_LORA_ONLY", 1);
        }
    }

    @Test
    void takesNoneWhereTheOperatorSaysSo() throws IOException {
        try (ApiFixture api = ApiFixture.startWith(folder, new LoraRules(8, true))) {
            assertEquals(200, submit(api, "zimage_turbo", new JsonArray()).status());
        }
    }

    @Test
    void aRequestMayNameNoneWhereItSaysSo() throws IOException {
        try (ApiFixture api = ApiFixture.startWith(folder, new LoraRules(8, false))) {
            Answer refused = submit(api, Requests.with("loras", new JsonArray()));
            assertEquals("LORA_FILE_REQUIRED", refused.code());

            Answer answer = submit(api, withoutLoras(true));
            assertEquals(200, answer.status(), answer.bytes()::toString);
            String id = answer.json().getString("request_id");
            assertEquals(
                    List.of(),
                    api.store.find(id).await().orElseThrow().request().adapters());
        }
    }

    @Test
    void aRequestDecidesAgainstTheOperator() throws IOException {
        try (ApiFixture api = ApiFixture.startWith(folder, new LoraRules(8, true))) {
            assertEquals("LORA_FILE_REQUIRED", submit(api, withoutLoras(false)).code());
            assertEquals(200, submit(api, withoutLoras(null)).status());
            assertEquals(200, submit(api, withoutLoras(true)).status());
        }
    }

    @Test
    void aRequestThatMayNameNoneStillMayNameSome() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            assertEquals(200, submit(api, Requests.with("allow_no_lora", true)).status());
            assertEquals(
                    200, submit(api, Requests.with("allow_no_lora", "true")).status());
            Answer odd = submit(api, Requests.with("allow_no_lora", "perhaps"));
            assertEquals(List.of("bool_parsing body.allow_no_lora"), odd.violations());
        }
    }

    @Test
    void aListThatMayBeEmptyMayBeNullOrAbsentToo() throws IOException {
        try (ApiFixture api = ApiFixture.startWith(folder, new LoraRules(8, true))) {
            assertEquals(200, submit(api, withoutLoras(true).putNull("loras")).status());
            JsonObject absent = withoutLoras(true);
            absent.remove("loras");
            assertEquals(200, submit(api, absent).status());

            assertEquals(
                    List.of("list_type body.loras"),
                    submit(api, Requests.with("loras", 5).put("allow_no_lora", true))
                            .violations());
            for (Boolean allowed : Arrays.asList(false, null)) {
                assertEquals(
                        List.of("missing body.loras"),
                        submit(api, absent.copy().put("allow_no_lora", allowed)).violations());
                assertEquals(
                        List.of("list_type body.loras"),
                        submit(api, withoutLoras(allowed).putNull("loras")).violations());
            }
        }
    }

    private static JsonObject withoutLoras(Boolean allowed) {
        return Requests.with("loras", new JsonArray()).put("allow_no_lora", allowed);
    }

    private static Answer submit(ApiFixture api, JsonObject body) {
        return api.client.post("/v1/inference", body);
    }

    private static Answer submit(ApiFixture api, String model, JsonArray loras) {
        return api.client.post("/v1/inference", Requests.with("model", model).put("loras", loras));
    }

    private static void assertRefused(Answer answer, String code, int most) {
        assertEquals(400, answer.status());
        JsonObject error = answer.json().getJsonObject("error");
        assertEquals(code, error.getString("code"));
        assertEquals(most, error.getJsonObject("details").getInteger("max_loras"));
    }
}
