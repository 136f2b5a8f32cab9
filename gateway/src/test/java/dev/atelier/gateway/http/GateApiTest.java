package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.http.ApiFixture.Entry;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server with API keys. */
class GateApiTest {
    private static final ApiKey.Fresh ANN = ApiKey.create("ann", false);
    private static final ApiKey.Fresh ROOT = ApiKey.create("root", true);

    @TempDir
    static Path folder;

    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        api = ApiFixture.startBehind(folder, Entry.OPEN.withKeys(Door.ONLY, keys(folder), 0));
    }

    private static KeyRing keys(Path folder) throws IOException {
        return KeyRing.read(Files.writeString(
                folder.resolve("keys"), ANN.known().line() + "\n" + ROOT.known().line() + "\n"));
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models",
                "/v1/loras",
                "/v1/requests/x/status",
                "/metrics",
                "/v1/nothing",
                "/v1/./models",
                "/v1/%6dodels",
                "//v1/models",
                "/v1/inference"
            })
    void wantsAKeyWhateverThePath(String path) {
        Answer answer = api.client.get(path);

        assertEquals(401, answer.status());
        assertEquals("UNAUTHORIZED", answer.code());
        assertTrue(answer.header("www-authenticate").startsWith("Bearer"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/openapi.json", "/docs", "/docs/swagger-ui.css", "/docs/docs.js"})
    void showsWithoutAKeyThatItIsUpAndHowToAsk(String path) {
        assertEquals(200, api.client.get(path).status());
    }

    @Test
    void takesAKeyInEitherHeader() {
        assertEquals(
                200,
                api.client
                        .get("/v1/models", "Authorization", "Bearer " + ANN.text())
                        .status());
        assertEquals(
                200,
                api.client
                        .get("/v1/models", "authorization", "bearer " + ANN.text())
                        .status());
        assertEquals(200, api.client.get("/v1/models", "X-API-Key", ANN.text()).status());
    }

    @ParameterizedTest
    @CsvSource({
        "Authorization, Bearer wrong",
        "Authorization, Bearer",
        "Authorization, Basic YTpi",
        "X-API-Key, ''",
        "X-API-Key, ann"
    })
    void refusesAnythingElse(String header, String value) {
        assertEquals(401, api.client.get("/v1/models", header, value).status());
    }

    @Test
    void refusesAKeysHashInPlaceOfTheKey() {
        assertEquals(
                401,
                api.client.get("/v1/models", "X-API-Key", ANN.known().sha256()).status());
    }

    @Test
    void asksForTheKeyBeforeItReadsTheBody() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port())) {
            socket.setSoTimeout(10_000);
            String head = "POST /v1/inference HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));

            byte[] answer = socket.getInputStream().readNBytes(13);

            assertEquals("HTTP/1.1 401 ", new String(answer, StandardCharsets.US_ASCII));
        }
        assertEquals(401, api.client.post("/v1/inference", new JsonObject()).status());
    }

    @Test
    void keepsMetricsForAdministrators() {
        assertEquals(403, api.client.get("/metrics", "X-API-Key", ANN.text()).status());
        assertEquals(200, api.client.get("/metrics", "X-API-Key", ROOT.text()).status());
    }

    @Test
    void answersNothingAdministrativeToPagesOfOtherOrigins() {
        Answer metrics = api.client.get("/metrics", "Origin", "https://a.example", "X-API-Key", ROOT.text());
        assertEquals("", metrics.header("access-control-allow-origin"));
        assertEquals("", metrics.header("vary"));
        Answer preflight = api.client.send(
                "OPTIONS",
                "/metrics",
                BodyPublishers.noBody(),
                "Origin",
                "https://a.example",
                "Access-Control-Request-Method",
                "GET");
        assertEquals("", preflight.header("access-control-allow-origin"));
        assertEquals(
                "https://a.example",
                api.client.get("/v1/models", "Origin", "https://a.example").header("access-control-allow-origin"));
    }

    @Test
    void answersEachPortItsOwn(@TempDir Path clients, @TempDir Path operators) throws IOException {
        try (ApiFixture open = ApiFixture.startBehind(clients, Entry.OPEN.withKeys(Door.CLIENTS, null, 0));
                ApiFixture inner =
                        ApiFixture.startBehind(operators, Entry.OPEN.withKeys(Door.OPERATORS, keys(operators), 0))) {
            Map<String, Integer> outside = Map.of("/health", 200, "/v1/models", 200, "/metrics", 404);
            Map<String, Integer> inside = Map.of("/health", 200, "/v1/models", 404, "/metrics", 200);
            outside.forEach(
                    (path, status) -> assertEquals(status, open.client.get(path).status(), path));
            for (String path : inside.keySet()) {
                String answer = inner.client.raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                assertTrue(answer.startsWith("HTTP/1.1 " + inside.get(path)), path + ": " + answer);
            }
        }
    }

    @Test
    void slowsAKeyDown(@TempDir Path other) throws IOException {
        try (ApiFixture slow = ApiFixture.startBehind(other, Entry.OPEN.withKeys(Door.ONLY, keys(other), 3))) {
            Answer answer = slow.client.get("/v1/models", "X-API-Key", ANN.text());
            for (int i = 0; i < 100 && answer.status() == 200; i++) {
                answer = slow.client.get("/v1/models", "X-API-Key", ANN.text());
            }
            assertEquals(429, answer.status());
            assertEquals("RATE_LIMITED", answer.code());
            assertEquals("1", answer.header("retry-after"));
            assertEquals(
                    200, slow.client.get("/v1/models", "X-API-Key", ROOT.text()).status());
            assertEquals(200, slow.client.get("/health").status());
        }
    }
}
