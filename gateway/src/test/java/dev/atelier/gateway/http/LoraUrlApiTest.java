package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.testplugin.AdapterFixture;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters from URLs, over HTTP. */
class LoraUrlApiTest {
    private static final Vertx SERVERS = Vertx.vertx();
    private static final List<String> AUTHORIZATIONS = new CopyOnWriteArrayList<>();

    @TempDir
    static Path folder;

    private static byte[] file = new byte[0];
    private static HttpServer hub;
    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        file = Files.readAllBytes(AdapterFixture.write(folder.resolve("made.safetensors"), "weights"));
        hub = SERVERS.createHttpServer()
                .requestHandler(request -> {
                    AUTHORIZATIONS.add(String.valueOf(request.getHeader("Authorization")));
                    switch (request.path()) {
                        case "/page" ->
                            request.response()
                                    .putHeader("Content-Type", "text/html")
                                    .end("<html></html>");
                        case "/403", "/404", "/503" ->
                            request.response()
                                    .setStatusCode(
                                            Integer.parseInt(request.path().substring(1)))
                                    .end();
                        default -> request.response().end(Buffer.buffer(file));
                    }
                })
                .listen(0, "127.0.0.1")
                .await();
        api = ApiFixture.startWithHub(folder, hub.actualPort());
    }

    @AfterAll
    static void stop() {
        api.close();
        SERVERS.close().await();
    }

    @BeforeEach
    void forget() {
        AUTHORIZATIONS.clear();
    }

    private static String url(String target) {
        return "http://127.0.0.1:" + hub.actualPort() + target;
    }

    private static Answer inspect(String path, String token) {
        JsonObject body = new JsonObject().put("path", path).put("model", "zimage_turbo");
        return api.client.post("/v1/loras/inspect", body.put("hf_token", token));
    }

    @Test
    void tellsWhatTheFileOfAUrlHolds() throws Exception {
        Answer answer = inspect(url("/a.safetensors?X-Signature=s3cret"), null);

        assertEquals(200, answer.status());
        JsonObject report = answer.json();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(file);
        assertEquals(HexFormat.of().formatHex(digest), report.getString("sha256"));
        assertEquals(file.length, report.getLong("size"));
        assertEquals(url("/a.safetensors"), report.getString("path"));
        assertTrue(report.getBoolean("applied"));
    }

    @Test
    void usesTheTokenOfTheRequestForTheHub() {
        assertEquals(200, inspect("hf://org/repo/own.safetensors", "hf_mine").status());
        assertEquals(200, inspect("hf://org/repo/servers.safetensors", null).status());

        assertEquals(List.of("Bearer hf_mine", "Bearer hf_server"), AUTHORIZATIONS);
    }

    @ParameterizedTest
    @CsvSource({
        "/404, 400, LORA_NOT_FOUND",
        "/403, 502, LORA_DOWNLOAD_FAILED",
        "/503, 502, LORA_DOWNLOAD_FAILED",
        "/page, 422, LORA_INVALID",
        "/org/repo/tree/main, 400, LORA_URL_NOT_ALLOWED"
    })
    void saysWhyAFileCannotBeHad(String target, int status, String code) {
        Answer answer = inspect(url(target + "?X-Signature=s3cret"), "hf_mine");

        assertEquals(status, answer.status());
        assertEquals(code, answer.json().getJsonObject("error").getString("code"));
        assertFalse(answer.json().encode().contains("s3cret"), answer.json()::encode);
        assertFalse(answer.json().encode().contains("hf_mine"), answer.json()::encode);
    }

    private static JsonObject pair(String second) {
        JsonArray loras = new JsonArray()
                .add(new JsonObject().put("path", "hf://org/repo/gated.safetensors"))
                .add(new JsonObject().put("path", second));
        return Requests.with("model", "pair").put("loras", loras).put("hf_token", "hf_of_a_rejected_request");
    }

    @Test
    void forgetsTheTokenOfASubmissionThatIsRejectedOrSentAgain() {
        int before = api.adapters.forgetUnclaimedTokens();
        assertEquals(
                400,
                api.client.post("/v1/inference", pair("absent.safetensors")).status());
        assertEquals(
                400,
                api.client
                        .post("/v1/inference", pair("http://169.254.169.254/a"))
                        .status());
        assertEquals(before, api.adapters.forgetUnclaimedTokens());

        Buffer body = pair("hf://org/repo/other.safetensors").toBuffer();
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    200,
                    api.client
                            .post(
                                    "/v1/inference",
                                    body,
                                    "Content-Type",
                                    "application/json",
                                    "Idempotency-Key",
                                    "rejected-or-repeated")
                            .status());
        }
        assertEquals(before + 2, api.adapters.forgetUnclaimedTokens(), "two adapters of one job");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf_with space", "hf_\u00e9", "hf_\u001b[2J"})
    void rejectsATokenThatIsNoneWithoutRepeatingIt(String token) {
        int before = api.adapters.forgetUnclaimedTokens();

        Answer answer = api.client.post(
                "/v1/inference", pair("hf://org/repo/other.safetensors").put("hf_token", token));
        Answer longer = api.client.post(
                "/v1/inference", pair("hf://org/repo/other.safetensors").put("hf_token", "hf_" + "a".repeat(5000)));

        assertEquals(422, answer.status());
        assertFalse(answer.json().encode().contains(token.substring(3)), answer.json()::encode);
        assertEquals(422, longer.status());
        assertTrue(
                longer.bytes().length() < 2000, () -> "length " + longer.bytes().length());
        assertEquals(before, api.adapters.forgetUnclaimedTokens());
    }

    @Test
    void acceptsUrlsUnseenAndHoldsTheTokenInMemory() throws IOException {
        JsonArray loras = new JsonArray()
                .add(new JsonObject().put("path", "hf://org/repo/never.safetensors"))
                .add(new JsonObject().put("path", url("/404")));
        JsonObject body = Requests.with("model", "pair").put("loras", loras).put("hf_token", "hf_kept_nowhere");

        Answer answer = api.client.post("/v1/inference", body);

        assertEquals(200, answer.status());
        Job job = api.store.find(answer.json().getString("request_id")).await().orElseThrow();
        List<AdapterReference> adapters = job.request().adapters();
        assertNotNull(adapters.get(0).tokenKey());
        assertNull(adapters.get(0).size());
        assertEquals(List.of(), AUTHORIZATIONS);
        for (String name : List.of("atelier.db", "atelier.db-wal")) {
            Path database = folder.resolve("data").resolve(name);
            if (Files.exists(database)) {
                String bytes = new String(Files.readAllBytes(database), StandardCharsets.ISO_8859_1);
                assertFalse(bytes.contains("hf_kept_nowhere"), name);
            }
        }
    }
}
