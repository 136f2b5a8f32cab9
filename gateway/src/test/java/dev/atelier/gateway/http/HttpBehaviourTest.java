package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gateway does with HTTP itself: bodies, content types, methods, paths. */
class HttpBehaviourTest {
    private static final String PATH = "/v1/inference";
    private static final String PARSING = "There was an error parsing the body";

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

    private static Answer post(String body) {
        return api.client.post(PATH, Buffer.buffer(body), "Content-Type", "application/json");
    }

    private static void unreadable(Buffer body, String... headers) {
        Answer answer = api.client.post(PATH, body, headers);
        assertEquals(400, answer.status());
        assertEquals(PARSING, answer.json().getString("detail"));
        assertEquals("INVALID_PARAMETER", answer.code());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/json; charset=utf-8",
                "APPLICATION/JSON",
                "application/vnd.api+json",
                "application/problem+json;x=y"
            })
    void readsTheJsonFamily(String type) {
        assertEquals(
                200,
                api.client
                        .post(PATH, Requests.minimal().toBuffer(), "Content-Type", type)
                        .status());
    }

    @Test
    void readsABodyWithoutAContentType() {
        assertEquals(200, api.client.post(PATH, Requests.minimal().toBuffer()).status());
    }

    @Test
    void takesABrowsersBodyWithoutAContentTypeForNoJson() {
        String body = Requests.minimal().encode();
        for (String[] header : new String[][] {{"Origin", "https://app.example"}, {"Sec-Fetch-Site", "same-origin"}}) {
            Answer answer = api.client.post(PATH, Buffer.buffer(body), header);
            assertEquals(422, answer.status());
            assertEquals(List.of("model_attributes_type body"), answer.violations());
            String[] typed = {header[0], header[1], "Content-Type", "application/json"};
            assertEquals(200, api.client.post(PATH, Buffer.buffer(body), typed).status());
        }
        String blank = "POST /v1/inference HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: none\r\nContent-Type: \r\n"
                + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        assertTrue(api.client.raw(blank).startsWith("HTTP/1.1 422 "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "multipart/form-data",
                "application/octet-stream",
                "json"
            })
    void refusesABodyOfAnotherType(String type) {
        Answer answer = api.client.post(PATH, Requests.minimal().toBuffer(), "Content-Type", type);
        assertEquals(422, answer.status());
        assertEquals(List.of("model_attributes_type body"), answer.violations());
    }

    @Test
    void missesABodyThatIsNotThere() {
        assertEquals(List.of("missing body"), post("").violations());
        assertEquals(List.of("missing body"), post("null").violations());
        assertEquals(
                List.of("missing body"),
                api.client
                        .send("POST", PATH, BodyPublishers.noBody(), "Content-Type", "text/plain")
                        .violations());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "3", "\"text\"", "true"})
    void wantsAnObject(String body) {
        assertEquals(List.of("model_attributes_type body"), post(body).violations());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{ | 1",
                "{\"a\": NaN} | 9",
                "{\"a\": Infinity} | 14",
                "{\"a\": 1} x | 9",
                "{\"a\": /* b */ 1} | 6",
                "{'a': 1} | 1",
                "{\"a\": 01} | 6"
            })
    void saysWhereABodyIsNoJson(String body, int position) {
        Answer answer = post(body);
        assertEquals(422, answer.status());
        String place = answer.violations().get(0);
        assertTrue(place.startsWith("json_invalid body."), place);
        int told = Integer.parseInt(place.substring(place.lastIndexOf('.') + 1));
        assertTrue(Math.abs(told - position) <= 2, body + " " + told);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"model\":",
                "{\"model\":\"a\",",
                "{\"model\":[1 2]}",
                "{\"model\":nul}",
                "{\"model\" 1}",
                "{\"model\":\"\\q\"}",
                "{\"model\":01}",
                "{\"model\":1]"
            })
    void describesNoParserWhereABodyIsNoJson(String body) {
        String answer = post(body).bytes().toString();
        assertTrue(answer.contains("json_invalid"), answer);
        for (String internal : List.of("VALUE_", "[Source", "StreamReadFeature", "(code", "start marker", "nul'")) {
            assertFalse(answer.contains(internal), answer);
        }
    }

    @Test
    void refusesANumberBeyondEveryRange() {
        String body = Requests.minimal().encode();
        assertEquals(
                List.of("less_than_equal body.prompts.0.guidance_scale"),
                post(body.replace("\"guidance_scale\":1.0", "\"guidance_scale\":1e999"))
                        .violations());
        assertEquals(
                List.of("less_than_equal body.prompts.0.width"),
                post(body.replace("\"width\":128", "\"width\":1e300")).violations());
        assertEquals(
                List.of("greater_than_equal body.prompts.0.seed"),
                post(body.replace("\"seed\":42", "\"seed\":-1e300")).violations());
    }

    @Test
    void refusesBytesThatAreNoUtf8() {
        unreadable(Buffer.buffer(new byte[] {'"', (byte) 0xC3, '(', '"'}), "Content-Type", "application/json");
        unreadable(Buffer.buffer(Requests.minimal().encode().getBytes(StandardCharsets.UTF_16)));
    }

    @Test
    void refusesACompressedBodyAndSaysSo() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(Requests.minimal().toBuffer().getBytes());
        }
        Buffer body = Buffer.buffer(bytes.toByteArray());
        for (String coding : List.of("gzip", "GZIP", "br", "identity, gzip", "x")) {
            // the reference tries to read it and answers 400
            Answer answer = api.client.post(PATH, body, "Content-Type", "application/json", "Content-Encoding", coding);
            assertEquals(415, answer.status(), coding);
            assertEquals(
                    "The body is compressed. Send it without Content-Encoding.",
                    answer.json().getString("detail"));
            assertEquals("identity", answer.header("accept-encoding"));
        }
        String[] identity = {"Content-Type", "application/json", "Content-Encoding", "identity"};
        assertEquals(
                200,
                api.client.post(PATH, Requests.minimal().toBuffer(), identity).status());
        assertEquals(200, api.client.get("/health", "Content-Encoding", "gzip").status());
    }

    @Test
    void refusesBottomlessNesting() {
        unreadable(Buffer.buffer("[".repeat(5000) + "]".repeat(5000)), "Content-Type", "application/json");
        unreadable(Buffer.buffer("{\"a\":".repeat(5000)), "Content-Type", "application/json");
    }

    @Test
    void readsPastAByteOrderMark() {
        assertEquals(200, post("\uFEFF" + Requests.minimal().encode()).status());
    }

    @Test
    void refusesABodyThatIsTooLarge() {
        String large = Requests.minimal().encode() + " ".repeat(ApiFixture.MAX_BODY);
        Answer answer = post(large);
        assertEquals(413, answer.status());
        Answer chunked = api.client.send(
                "POST",
                PATH,
                BodyPublishers.ofByteArrays(List.of(large.getBytes(StandardCharsets.UTF_8))),
                "Content-Type",
                "application/json");
        assertEquals(413, chunked.status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/nothing", "/", "/v1", "/v1/requests/x/images/0/more", "/docs/nothing.js"})
    void knowsNoOtherPath(String path) {
        Answer answer = api.client.get(path);
        assertEquals(404, answer.status());
        assertEquals("Not Found", answer.json().getString("detail"));
        assertEquals("NOT_FOUND", answer.code());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/inference, POST",
        "HEAD, /v1/inference, POST",
        "HEAD, /v1/requests/x/cancel, POST",
        "POST, /health, 'GET, HEAD'",
        "POST, /docs/docs.js, 'GET, HEAD'",
        "DELETE, /v1/requests/x/status, 'GET, HEAD'",
        "PUT, /v1/models, 'GET, HEAD'",
        "OPTIONS, /v1/models, 'GET, HEAD'"
    })
    void saysWhichMethodAPathTakes(String method, String path, String allowed) {
        Answer answer = api.client.send(method, path, BodyPublishers.noBody());
        assertEquals(405, answer.status());
        if (!method.equals("HEAD")) {
            assertEquals("Method Not Allowed", answer.json().getString("detail"));
            assertEquals("METHOD_NOT_ALLOWED", answer.code());
        }
        assertEquals(allowed, answer.header("allow"));
    }

    @Test
    void redirectsATrailingSlash() {
        Answer answer = api.client.get("/v1/requests/x/status/?a=b");
        assertEquals(307, answer.status());
        assertEquals("/v1/requests/x/status?a=b", answer.header("location"));
        assertEquals(307, api.client.post("/v1/inference/", Requests.minimal()).status());
        assertEquals(404, api.client.get("/v1/nothing/").status());
        assertEquals(404, api.client.get("//example.com/health/").status());
    }

    @Test
    void answersInJsonWhatIsNoProperHttp() {
        String escape = api.client.raw("GET /v1/requests/%zz/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertTrue(escape.startsWith("HTTP/1.1 404 ") && escape.contains("NOT_FOUND"), escape);
        String ending = api.client.raw("GET /v1/requests/a% HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertTrue(ending.startsWith("HTTP/1.1 404 ") && ending.contains("X-Request-Id"), ending);
        String line = api.client.raw("GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(line.startsWith("HTTP/1.0 414 ") && line.contains("INVALID_PARAMETER"), line);
        String header = api.client.raw("GET /health HTTP/1.1\r\nHost: a\r\nX: " + "a".repeat(20_000) + "\r\n\r\n");
        assertTrue(header.contains(" 431 ") && header.contains("INVALID_PARAMETER"), header);
        String nonsense = api.client.raw("nonsense\r\n\r\n");
        assertTrue(nonsense.startsWith("HTTP/1.1 400 ") || nonsense.startsWith("HTTP/1.0 400 "), nonsense);
    }
}
