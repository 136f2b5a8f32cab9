package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.http.Client;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies as large as bodies may be, of every shape: each has its answer, and no other client waits for it. */
@Timeout(300)
class LargeBodyTest {
    private static final int LARGEST = 16_000_000;
    private static final long TURN_MILLIS = 50;
    private static final int ROUNDS = 3;
    private static final int ATTACKERS = 4;

    @TempDir
    static Path folder;

    private static RunningGateway gateway;
    private static TurnWatch watch;

    @BeforeAll
    static void start() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
        Foundation foundation = TurnWatch.foundation();
        watch = new TurnWatch(foundation, TURN_MILLIS);
        gateway = RunningGateway.start(folder, Map.of(), foundation);
        for (Shape shape : Shape.values()) {
            post(shape.body(100_000)); // classes are loaded
        }
        watch.begin();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void noTurnTookLong() {
        assertEquals(List.of(), watch.seen().stream().limit(2).toList());
    }

    private static JsonObject minimal() {
        return new JsonObject()
                .put("model", "zimage_turbo")
                .put("loras", new JsonArray().add(new JsonObject().put("path", "job/my.safetensors")))
                .put(
                        "prompts",
                        new JsonArray().add(new JsonObject().put("prompt", "a").put("width", 64)));
    }

    private static Answer post(String body) {
        return gateway.client().post("/v1/inference", Buffer.buffer(body), "Content-Type", "application/json");
    }

    /** What a large body is filled with. */
    private enum Shape {
        LORAS("SINGLE_LORA_ONLY", ",{\"path\":\"a\"}"),
        WRONG_LORAS("INVALID_PARAMETER", ",7"),
        PROMPTS("INVALID_PARAMETER", ",{\"prompt\":\"a\"}"),
        EMPTY_PROMPTS("INVALID_PARAMETER", ",{}"),
        MODEL("INVALID_PARAMETER", "a"),
        IMAGE("", "a"),
        PROMPT("INVALID_PARAMETER", "[trigger]"),
        ESCAPES("INVALID_PARAMETER", "\\u00e9"),
        UNKNOWN_FIELDS("", ",\"u%d\":0"),
        UNKNOWN_VALUE("", ",[{\"a\":[1.5e3]}]"),
        LONG_NAMES("", ",\"" + "n".repeat(40_000) + "%d\":0"),
        SAME_FIELD("", ",\"seed\":1"),
        SPACES("", " \n"),
        NESTING("INVALID_PARAMETER", "["),
        DIGITS("INVALID_PARAMETER", "7"),
        TEXT_FOR_A_NUMBER("INVALID_PARAMETER", "7"),
        NO_JSON("INVALID_PARAMETER", "x");

        private final String code;
        private final String filling;

        Shape(String code, String filling) {
            this.code = code;
            this.filling = filling;
        }

        String body(int length) {
            String body = minimal().encode();
            String filled = filling.contains("%d")
                    ? String.join(
                            "",
                            IntStream.range(0, length / (filling.length() + 6))
                                    .mapToObj(i -> filling.replace("%d", Integer.toString(i)))
                                    .toList())
                    : filling.repeat(length / filling.length());
            return switch (this) {
                case LORAS, WRONG_LORAS -> body.replace("safetensors\"}", "safetensors\"}" + filled);
                case PROMPTS, EMPTY_PROMPTS -> body.replace("64}", "64}" + filled);
                case MODEL -> body.replace("zimage_turbo", filled);
                case IMAGE -> body.replace("64}", "64,\"ctrl_img\":\"" + filled + "\"}");
                case PROMPT, ESCAPES -> body.replace("\"a\"", "\"" + filled + "\"");
                case UNKNOWN_FIELDS, LONG_NAMES -> body.replace("64}", "64}").replaceFirst("}$", filled + "}");
                case UNKNOWN_VALUE -> body.replaceFirst("}$", ",\"unknown\":[0" + filled + "]}");
                case SAME_FIELD -> body.replace("64}", "64" + filled + "}");
                case SPACES -> body.replaceFirst("^\\{", "{" + filled);
                case NESTING -> body.replace("64}", "64,\"seed\":" + filled + "}");
                case DIGITS -> body.replace("64", filled);
                case TEXT_FOR_A_NUMBER -> body.replace("64", "\"" + filled + "\"");
                case NO_JSON -> filled;
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void areAnsweredLikeSmallOnes(Shape shape) {
        String body = shape.body(LARGEST - 1000);
        Answer answer = post(body);

        String told = answer.bytes().getString(0, Math.min(500, answer.bytes().length()));
        assertEquals(shape.code, answer.status() == 200 ? "" : answer.code(), told);
        assertTrue(answer.bytes().length() < 500_000, answer.bytes().length() + " bytes");
    }

    @Test
    void leaveOtherClientsAlone() {
        Client other = gateway.client();
        String id = gateway.submit(minimal());
        String large = Shape.PROMPTS.body(3_400_000);
        assertTrue(large.length() > 3_000_000);
        for (int round = 0; round < ROUNDS; round++) {
            CompletableFuture<?>[] attackers = IntStream.range(0, ATTACKERS)
                    .mapToObj(i -> CompletableFuture.runAsync(
                            () -> assertEquals(422, post(large).status())))
                    .toArray(CompletableFuture<?>[]::new);
            CompletableFuture<Void> all = CompletableFuture.allOf(attackers);
            int answered = 0;
            while (!all.isDone()) {
                assertEquals(200, other.get("/health").status());
                assertEquals(200, other.get("/v1/requests/" + id + "/status").status());
                answered++;
            }
            all.join();
            assertTrue(answered >= 2, "only " + answered + " answers while large bodies were read");
        }
    }

    @ParameterizedTest
    @CsvSource({"loras,100000", "prompts,200000"})
    void sayHowMuchTheyAskFor(String field, int count) {
        String element = field.equals("loras") ? "{\"path\":\"a\"}" : "{\"prompt\":\"a\"}";
        String body = minimal()
                .putNull(field)
                .encode()
                .replace("null", "[" + (element + ",").repeat(count - 1) + element + "]");

        Answer answer = post(body);

        if (field.equals("prompts")) {
            assertEquals(List.of("value_error body.prompts"), answer.violations());
            assertTrue(answer.bytes().toString().contains("at most 256 prompts but was 200000"));
        } else {
            assertEquals("SINGLE_LORA_ONLY", answer.code());
            assertEquals(
                    8,
                    answer.json()
                            .getJsonObject("error")
                            .getJsonObject("details")
                            .getJsonArray("loras")
                            .size());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "path"})
    void areNotNeededToStopAServer(String field) {
        String text = "/" + "a.".repeat(5000) + "://";
        JsonObject body = minimal();
        (field.equals("model") ? body : body.getJsonArray("loras").getJsonObject(0)).put(field, text);

        Answer answer = gateway.client().post("/v1/inference", body);

        String place = field.equals("model") ? "body.model" : "body.loras.0.path";
        assertEquals(List.of("string_too_long " + place), answer.violations());
        assertTrue(answer.bytes().length() < 1000, answer.bytes().toString());
    }
}
