package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a live reference server answered to 74 requests, asked again of the gateway with the real plugin and the demo
 * checkpoint: same statuses, codes and structure, and the same end of every job, but for the differences listed here.
 */
class ReplayIT {
    private static final Path DEMO = Path.of("../plugins/zimage-turbo/demo");

    /** Where the reference answers 500 it meant this and tripped over its own body. */
    private static final Map<String, String> MEANT = Map.of(
            "two loras", "SINGLE_LORA_ONLY",
            "lora with transformer", "MOE_FORMAT_NOT_SUPPORTED");

    /** Jobs that end otherwise: a control image that the model does not take is not looked at. */
    private static final Map<String, String> ENDS = Map.of("control image given", "succeeded");

    /** Jobs whose seed was drawn. */
    private static final Set<String> RANDOM = Set.of("seed -1");

    /** Fields whose text, number or content may differ: what messages say, ids, paths, times, and the echoed body. */
    private static final Set<String> FREE = Set.of(
            "msg",
            "message",
            "error",
            "ctx.error",
            "request_id",
            "status_url",
            "result_url",
            "created_at",
            "started_at",
            "finished_at",
            "file_path",
            "lora_path",
            "supported_models",
            "inference_time",
            "get_pipeline",
            "generate",
            "save",
            "inference_total",
            "cache_hit",
            "cache_action");

    /**
     * Fields of the reference that ours lack: the echo of the body would show tokens, a time is of its own workings.
     */
    private static final Set<String> LEFT_OUT = Set.of("input", "set_lora_scale");

    @TempDir
    static Path folder;

    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        gateway = RunningGateway.start(
                folder,
                Map.of(
                        Setting.PLUGINS_DIR,
                        "target/plugins",
                        Setting.MAX_LORAS,
                        "1",
                        Setting.CHECKPOINT,
                        "Tongyi-MAI/Z-Image-Turbo=" + DEMO,
                        Setting.WORKFLOWS_BASE_PATH,
                        DEMO.resolve("loras").toString()));
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @TestFactory
    Stream<DynamicTest> answersAsTheReferenceDid() throws IOException {
        Map<String, String> jobs = new LinkedHashMap<>();
        Stream<DynamicTest> answers = rows().map(row ->
                DynamicTest.dynamicTest(name(row), () -> ask(row).ifPresent(id -> jobs.put(name(row), id))));
        Stream<DynamicTest> ends = rows().filter(row -> row.containsKey("id"))
                .map(row -> DynamicTest.dynamicTest("end of " + name(row), () -> {
                    String id = jobs.get(name(row));
                    assertNotNull(id, "it was not accepted");
                    compareEnds(row, id);
                }));
        return Stream.concat(answers, ends);
    }

    private static Stream<JsonObject> rows() throws IOException {
        try (InputStream in = ReplayIT.class.getResourceAsStream("/reference-responses.json")) {
            JsonArray rows = new JsonArray(Buffer.buffer(in.readAllBytes()));
            assertEquals(74, rows.size());
            return rows.stream().map(JsonObject.class::cast);
        }
    }

    private static String name(JsonObject row) {
        return row.getString("name");
    }

    /** Asks what the row asked; returns the id of the job that came of it. */
    private static Optional<String> ask(JsonObject row) {
        Answer answer = row.getString("method").equals("GET")
                ? gateway.client().get(row.getString("path"))
                : gateway.client().post(row.getString("path"), body(row), "Content-Type", "application/json");
        String meant = MEANT.get(name(row));
        if (meant != null) {
            assertEquals(500, row.getInteger("status"));
            assertEquals(400, answer.status());
            assertEquals(meant, answer.code());
            return Optional.empty();
        }
        assertEquals(row.getInteger("status"), answer.status(), answer.bytes().toString());
        if (name(row).equals("models")) {
            compareModels(row.getJsonObject("response"), answer.json());
        } else {
            compare("", row.getJsonObject("response"), answer.json());
        }
        return Optional.ofNullable(answer.json().getString("request_id"));
    }

    private static Buffer body(JsonObject row) {
        Object body = row.getValue("body");
        return body instanceof String text ? Buffer.buffer(text) : Json.encodeToBuffer(body);
    }

    private static void compareModels(JsonObject expected, JsonObject actual) {
        Map<String, JsonObject> ours = new LinkedHashMap<>();
        actual.getJsonArray("models")
                .forEach(model -> ours.put(((JsonObject) model).getString("id"), (JsonObject) model));
        assertTrue(ours.containsKey("zimage_turbo"), ours.toString());
        expected.getJsonArray("models").stream()
                .map(JsonObject.class::cast)
                .filter(model -> ours.containsKey(model.getString("id")))
                .forEach(model -> compare("", model, ours.get(model.getString("id"))));
    }

    private static void compareEnds(JsonObject row, String id) {
        JsonObject result = gateway.await(id);
        JsonObject status =
                gateway.client().get("/v1/requests/" + id + "/status").json();
        String end = ENDS.get(name(row));
        if (end != null) {
            assertEquals(end, result.getString("status"));
            return;
        }
        JsonObject expected = row.getJsonObject("result").copy();
        if (RANDOM.contains(name(row))) {
            image(expected).put("seed", image(result).getValue("seed"));
            assertTrue(image(result).getLong("seed") >= 0);
        }
        compare("", row.getJsonObject("final_status"), status);
        compare("", expected, result);
    }

    private static JsonObject image(JsonObject result) {
        return result.getJsonObject("outputs").getJsonArray("images").getJsonObject(0);
    }

    /** Compares ours with the reference's; ours may say more. */
    private static void compare(String place, Object expected, Object actual) {
        String field = place.substring(place.lastIndexOf('/') + 1);
        if (expected instanceof JsonObject object && actual instanceof JsonObject ours) {
            for (String name : object.fieldNames()) {
                if (!LEFT_OUT.contains(name)) {
                    String below = place + "/" + name;
                    assertTrue(ours.containsKey(name), below + " is missing in " + ours);
                    boolean text = place.endsWith("/ctx") && name.equals("error");
                    compare(text ? place + "/ctx.error" : below, object.getValue(name), ours.getValue(name));
                }
            }
        } else if (FREE.contains(field)) {
            assertEquals(expected == null, actual == null, place);
        } else if (expected instanceof JsonArray array && actual instanceof JsonArray ours) {
            assertEquals(array.size(), ours.size(), place + ": " + ours);
            for (int i = 0; i < array.size(); i++) {
                compare(place + "/" + i, array.getValue(i), ours.getValue(i));
            }
        } else if (expected instanceof Number number && actual instanceof Number ours) {
            assertEquals(number.doubleValue(), ours.doubleValue(), place);
        } else {
            assertEquals(expected, actual, place);
        }
    }
}
