package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.ApiFixture.Entry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every answer carries, how much a request may be, how long it may take, and what a server answers at its end. */
class HttpEdgesTest {
    private static final String PATH = "/v1/inference";
    private static final int LONGEST_PROMPT = 60;

    @TempDir
    static Path folder;

    private static final AtomicBoolean ENDING = new AtomicBoolean();
    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        Limits limits = new Limits(ApiFixture.MAX_BODY, 3, LONGEST_PROMPT, 512 * 512, 0, 2);
        api = ApiFixture.startBehind(
                folder,
                Entry.OPEN
                        .withLimits(limits)
                        .withPatience(Duration.ofMillis(1500), Duration.ofMillis(700))
                        .withEnding(ENDING::get));
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static JsonObject prompt(String text) {
        return new JsonObject().put("prompt", text).put("width", 64).put("height", 64);
    }

    private static Answer submit(JsonObject... prompts) {
        return api.client.post(PATH, Requests.minimal().put("prompts", new JsonArray(List.of(prompts))));
    }

    @Test
    void givesEveryRequestAnId() {
        Answer answer = api.client.get("/health");
        assertEquals(
                36, UUID.fromString(answer.header("x-request-id")).toString().length());
        assertEquals(
                "mine-1.2",
                api.client.get("/health", "X-Request-Id", "mine-1.2").header("x-request-id"));
        assertEquals("e", api.client.get("/v1/nothing", "X-Request-Id", "e").header("x-request-id"));
        String odd = "a b<script>";
        assertFalse(api.client
                .get("/health", "X-Request-Id", odd)
                .header("x-request-id")
                .contains(" "));
        assertTrue(api.client.raw("nonsense\r\n\r\n").contains("X-Request-Id: "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/docs", "/v1/nothing", "/v1/models"})
    void keepsBrowsersFromGuessing(String path) {
        Answer answer = api.client.get(path);
        assertEquals("nosniff", answer.header("x-content-type-options"));
        assertEquals("DENY", answer.header("x-frame-options"));
        assertEquals("no-store", answer.header("cache-control"));
        assertTrue(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
    }

    @Test
    void letsThePageLoadNothingFromElsewhere() {
        String page = api.client.get("/docs").bytes().toString();
        assertTrue(page.contains("src=\"docs/docs.js\"") && !page.contains("://"), page);
        assertFalse(api.client.get("/docs").header("content-security-policy").contains("script-src"));
        assertTrue(api.client.get("/docs/docs.js").bytes().toString().contains("SwaggerUIBundle"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/docs", "/openapi.json"})
    void takesHeadWhereTheReferenceDoes(String path) {
        Answer answer = api.client.send("HEAD", path, BodyPublishers.noBody());
        assertEquals(200, answer.status());
        assertEquals(0, answer.bytes().length());
        assertEquals(api.client.get(path).header("content-type"), answer.header("content-type"));
    }

    @Test
    void boundsPromptsTheirLengthAndPictures() {
        assertEquals(200, submit(prompt("a"), prompt("b"), prompt("c")).status());
        assertEquals(
                List.of("value_error body.prompts"),
                submit(prompt("a"), prompt("b"), prompt("c"), prompt("d")).violations());
        assertEquals(200, submit(prompt("x".repeat(LONGEST_PROMPT))).status());
        assertEquals(
                List.of("value_error body.prompts.0.prompt", "value_error body.prompts.1.neg"),
                submit(prompt("x".repeat(LONGEST_PROMPT + 1)), prompt("a").put("neg", "x".repeat(LONGEST_PROMPT + 1)))
                        .violations());
        assertEquals(
                200, submit(prompt("a").put("width", 512).put("height", 512)).status());
        Answer large = submit(prompt("a").put("width", 4096).put("height", 128));
        assertEquals(List.of("value_error body.prompts.0"), large.violations());
        assertTrue(large.bytes().toString().contains("262144 pixels but was 524288"));
        assertEquals(
                List.of("value_error body.prompts.0"),
                submit(new JsonObject().put("prompt", "a")).violations());
    }

    @Test
    void countsTriggerWordsAsOftenAsTheyComeBeforeItPutsThemIn() {
        String word = "w".repeat(29);
        JsonObject body = Requests.minimal().put("trigger_word", word);
        body.put("prompts", new JsonArray().add(prompt("[trigger][trigger]")));
        assertEquals(200, api.client.post(PATH, body).status());
        body.put("prompts", new JsonArray().add(prompt("[trigger][trigger]abc")));
        assertEquals(
                List.of("value_error body.prompts.0.prompt"),
                api.client.post(PATH, body).violations());
        body.put("trigger_word", "w".repeat(80_000))
                .put("prompts", new JsonArray().add(prompt("[trigger]".repeat(9_000))));
        assertEquals(422, api.client.post(PATH, body).status());
    }

    @Test
    void saysHowLargeABodyMayBe() {
        Answer answer = api.client.post(PATH, Buffer.buffer(" ".repeat(ApiFixture.MAX_BODY + 1)));
        assertEquals(413, answer.status());
        assertEquals("The body is larger than 200000 bytes", answer.json().getString("detail"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"hf_token\": SECRET}",
                "{\"prompt\": \"a\", SECRET}",
                "SECRET",
                "{\"a\": trueSECRET}",
                "{\"a\": \"SECRET\\x\"}"
            })
    void repeatsNothingOfABodyThatItCannotRead(String body) {
        Answer answer = api.client.post(PATH, Buffer.buffer(body.replace("SECRET", "swordfish")));
        assertEquals(422, answer.status());
        assertFalse(
                answer.bytes().toString().contains("swordfish"), answer.bytes().toString());
    }

    @Test
    void repeatsNoSecretOfAUrl() {
        JsonObject lora = new JsonObject()
                .put("path", "https://a.example/f.safetensors?sig=swordfish")
                .put("transformer", "low");
        Answer answer = api.client.post(PATH, Requests.minimal().put("loras", new JsonArray().add(lora)));
        assertEquals("MOE_FORMAT_NOT_SUPPORTED", answer.code());
        assertTrue(
                answer.bytes().toString().contains("f.safetensors?***"),
                answer.bytes().toString());
    }

    @Test
    void letsGoOfAClientThatSendsNoEndOfItsHeaders() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("GET /health HTTP/1.1\r\nHost: a\r\n".getBytes(StandardCharsets.US_ASCII));

            assertEquals(-1, socket.getInputStream().read());
        }
    }

    @Test
    void letsGoOfAClientThatSendsItsBodyDropByDrop() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port())) {
            socket.setSoTimeout(10_000);
            String head = "POST " + PATH + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));

            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

            assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
        }
    }

    @Test
    void keepsAConnectionThatIsUsed() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port())) {
            socket.setSoTimeout(10_000);
            byte[] request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            byte[] buffer = new byte[4096];
            long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            while (System.nanoTime() < end) {
                socket.getOutputStream().write(request);
                assertTrue(new String(buffer, 0, socket.getInputStream().read(buffer), StandardCharsets.US_ASCII)
                        .startsWith("HTTP/1.1 200 "));
                api.vertx.timer(200).await();
            }
        }
    }

    @Test
    void takesNoJobsAtItsEndButAnswersForThoseItHas() {
        String id = submit(prompt("a")).json().getString("request_id");
        ENDING.set(true);
        try {
            Answer refused = submit(prompt("a"));
            assertEquals(503, refused.status());
            assertEquals("SHUTTING_DOWN", refused.code());
            assertEquals("5", refused.header("retry-after"));
            assertEquals("close", refused.header("connection"));
            assertEquals(200, api.client.get("/v1/requests/" + id + "/status").status());
        } finally {
            ENDING.set(false);
        }
    }
}
