package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Browsers' pages of other origins, on a server that allows any and on one that allows one. */
class CorsApiTest {
    private static final String PATH = "/v1/inference";

    @TempDir
    static Path folder;

    private static ApiFixture api;
    private static ApiFixture narrow;

    @BeforeAll
    static void start() throws IOException {
        api = ApiFixture.start(Files.createDirectory(folder.resolve("any")));
        narrow = ApiFixture.startFor(Files.createDirectory(folder.resolve("one")), "https://mine.example");
    }

    @AfterAll
    static void stop() {
        api.close();
        narrow.close();
    }

    @Test
    void letsAnyOriginIn() {
        Answer answer = api.client.get("/health", "Origin", "https://app.example");
        assertEquals("https://app.example", answer.header("access-control-allow-origin"));
        assertEquals("", answer.header("access-control-allow-credentials"));
        assertEquals("Origin", answer.header("vary"));
        Answer error = api.client.get("/v1/nothing", "Origin", "https://app.example");
        assertEquals("https://app.example", error.header("access-control-allow-origin"));
        assertEquals("", api.client.get("/health").header("access-control-allow-origin"));
    }

    @Test
    void answersAPreflight() {
        Answer answer = api.client.send(
                "OPTIONS",
                PATH,
                BodyPublishers.noBody(),
                "Origin",
                "https://app.example",
                "Access-Control-Request-Method",
                "POST",
                "Access-Control-Request-Headers",
                "content-type,x-mine");
        assertEquals(200, answer.status());
        assertEquals("https://app.example", answer.header("access-control-allow-origin"));
        assertEquals("content-type,x-mine", answer.header("access-control-allow-headers"));
        assertEquals("600", answer.header("access-control-max-age"));
        assertTrue(answer.header("access-control-allow-methods").contains("POST"));
    }

    @Test
    void narrowsTheOrigins() {
        Answer mine = narrow.client.get("/health", "Origin", "https://mine.example");
        assertEquals("https://mine.example", mine.header("access-control-allow-origin"));
        assertEquals("true", mine.header("access-control-allow-credentials"));
        Answer other = narrow.client.get("/health", "Origin", "https://app.example");
        assertEquals("", other.header("access-control-allow-origin"));
        assertEquals("", other.header("access-control-allow-credentials"));
        Answer preflight = narrow.client.send(
                "OPTIONS",
                PATH,
                BodyPublishers.noBody(),
                "Origin",
                "https://app.example",
                "Access-Control-Request-Method",
                "POST");
        assertEquals(400, preflight.status());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "null",
                "",
                "https://mine.example.evil.example",
                "http://mine.example",
                "https://mine.example:8443",
                "http://127.0.0.1",
                "http://OWN.evil.example",
                "http://OWN/",
                "http://user@OWN",
                "OWN"
            })
    void letsPagesOfOtherOriginsChangeNothing(String origin) {
        String[] headers = {"Origin", origin.replace("OWN", own()), "Content-Type", "application/json"};
        Answer refused = narrow.client.post(PATH, Requests.minimal().toBuffer(), headers);
        assertEquals(403, refused.status());
        assertEquals("ORIGIN_NOT_ALLOWED", refused.code());
        assertTrue(refused.json().getJsonObject("error").getString("message").contains("CORS_ORIGINS"));
        assertEquals("", refused.header("access-control-allow-origin"));
        for (String path : List.of("/v1/requests/x/cancel", "/v1/plugins/x/reload", "/v1/nothing")) {
            assertEquals(
                    "ORIGIN_NOT_ALLOWED",
                    narrow.client.post(path, Buffer.buffer(), headers).code(),
                    path);
        }
        Answer delete = narrow.client.send("DELETE", "/v1/requests/x", BodyPublishers.noBody(), headers);
        assertEquals(403, delete.status());
        assertEquals(200, narrow.client.get("/v1/models", headers).status());
        assertEquals(
                0,
                narrow.client
                        .get("/v1/requests?model=absent")
                        .json()
                        .getJsonArray("requests")
                        .size());
    }

    @Test
    void letsPagesOfListedOriginsAndItsOwnChangeSomething() {
        for (String origin :
                List.of("https://mine.example", "HTTPS://MINE.example", "http://" + own(), "https://" + own())) {
            String[] headers = {"Origin", origin, "Content-Type", "application/json"};
            Answer answer = narrow.client.post(PATH, Requests.minimal().toBuffer(), headers);
            assertEquals(200, answer.status(), origin);
        }
        assertEquals(200, narrow.client.post(PATH, Requests.minimal()).status());
    }

    private static String own() {
        return "127.0.0.1:" + narrow.client.port();
    }

    @Test
    void takesPagesThatComeFromTheBaseUrlForItsOwn(@TempDir Path other) throws IOException {
        ApiFixture.Entry entry = ApiFixture.Entry.OPEN
                .withAddress("https://images.example/atelier", List.of())
                .withOrigins("https://mine.example");
        try (ApiFixture based = ApiFixture.startBehind(other, entry)) {
            String[] own = {"Origin", "https://images.example", "Content-Type", "application/json"};
            assertEquals(
                    200,
                    based.client.post(PATH, Requests.minimal().toBuffer(), own).status());
            String[] port = {"Origin", "https://images.example:444", "Content-Type", "application/json"};
            assertEquals(
                    403,
                    based.client.post(PATH, Requests.minimal().toBuffer(), port).status());
        }
    }
}
