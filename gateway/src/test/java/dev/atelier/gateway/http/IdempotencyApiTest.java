package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Submitting the same request twice on purpose. */
class IdempotencyApiTest {
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

    private Answer submit(String key, Buffer body) {
        return api.client.post("/v1/inference", body, "Content-Type", "application/json", "Idempotency-Key", key);
    }

    private Answer submit(String key, JsonObject body) {
        return submit(key, body.toBuffer());
    }

    private int jobs() {
        return api.client.get("/v1/requests").json().getJsonArray("requests").size();
    }

    @Test
    void answersTheFirstRequestAgain() {
        Answer first = submit("key", Requests.withPrompt("seed", -1));
        Answer second = submit("key", Requests.withPrompt("seed", -1));

        assertEquals(first.json(), second.json());
        assertEquals("", first.header("Idempotent-Replayed"));
        assertEquals("true", second.header("Idempotent-Replayed"));
        assertEquals(1, jobs());
    }

    @Test
    void takesBodiesOfTheSameMeaningForTheSame() {
        JsonObject body = Requests.minimal();
        JsonObject turned = new JsonObject();
        body.stream()
                .sorted((left, right) -> right.getKey().compareTo(left.getKey()))
                .forEach(field -> turned.put(field.getKey(), field.getValue()));
        turned.put("unknown", 3).putNull("priority").put("hf_token", "secret");
        Buffer spaced = Buffer.buffer(turned.encodePrettily().replace(": 128,", ": 128.0,"));

        JsonObject first = submit("key", body).json();
        JsonObject second = submit("key", spaced).json();

        assertEquals(1, second.getJsonArray("warnings").size(), "about the unknown field, which is this request's");
        assertEquals(first, second.put("warnings", new JsonArray()));
    }

    @Test
    void readsWhatABodyHoldsOffTheEventLoop() throws InterruptedException {
        JsonArray prompts = Requests.minimal().getJsonArray("prompts");
        JsonObject large =
                Requests.minimal().put("prompts", new JsonArray(Collections.nCopies(256, prompts.getValue(0))));
        AtomicBoolean done = new AtomicBoolean();
        Set<String> seen = new TreeSet<>();
        Thread watch = new Thread(() -> {
            while (!done.get()) {
                Thread.getAllStackTraces().forEach((thread, stack) -> {
                    if (thread.getName().contains("eventloop")) {
                        Arrays.stream(stack)
                                .map(StackTraceElement::getClassName)
                                .forEach(seen::add);
                    }
                });
            }
        });
        watch.start();
        for (int i = 0; i < 100; i++) {
            submit("key", large);
        }
        done.set(true);
        watch.join();

        assertFalse(seen.isEmpty());
        seen.retainAll(Set.of(IdempotencyKey.class.getName(), Limits.class.getName()));
        assertEquals(Set.of(), seen);
    }

    @Test
    void refusesAnotherBodyUnderTheSameKey() {
        submit("key", Requests.minimal());

        Answer answer = submit("key", Requests.withPrompt("seed", 43));

        assertEquals(409, answer.status());
        assertEquals("IDEMPOTENCY_CONFLICT", answer.code());
        assertEquals(1, jobs());
    }

    @Test
    void tellsKeysApart() {
        assertNotEquals(
                submit("one", Requests.minimal()).json().getString("request_id"),
                submit("two", Requests.minimal()).json().getString("request_id"));
    }

    @Test
    void answersTheFirstRequestEvenIfItWouldBeRefusedNow() throws IOException {
        Answer first = submit("key", Requests.minimal());
        Files.delete(folder.resolve("loras").resolve(ApiFixture.LORA));

        assertEquals(first.json(), submit("key", Requests.minimal()).json());
        assertEquals(400, submit("other", Requests.minimal()).status());
    }

    @Test
    void forgetsTheKeyWithTheRequest() {
        String id = submit("key", Requests.minimal()).json().getString("request_id");
        api.client.send("POST", "/v1/requests/" + id + "/cancel", BodyPublishers.noBody());
        api.client.send("DELETE", "/v1/requests/" + id, BodyPublishers.noBody());

        assertNotEquals(id, submit("key", Requests.withPrompt("seed", 7)).json().getString("request_id"));
    }

    @Test
    void makesOneRequestOfManyThatComeAtOnce() {
        List<String> ids = IntStream.range(0, 16)
                .parallel()
                .mapToObj(i -> submit("key", Requests.minimal()).json().getString("request_id"))
                .distinct()
                .toList();

        assertEquals(1, ids.size(), new JsonArray(ids).encode());
        assertEquals(1, jobs());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "two words"})
    void refusesAKeyThatIsNone(String key) {
        Answer answer = submit(key, Requests.minimal());

        assertEquals(422, answer.status());
        assertEquals(List.of("value_error header.Idempotency-Key"), answer.violations());
    }

    @Test
    void boundsTheKeysLength() {
        assertEquals(200, submit("k".repeat(255), Requests.minimal()).status());
        assertEquals(422, submit("k".repeat(256), Requests.minimal()).status());
    }
}
