package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.http.ApiFixture.Entry;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose a request is, and how much of one key may wait and be followed. */
class OwnersApiTest {
    private static final int WAITING = 4;
    private static final int STREAMS = 2;
    private static final ApiKey.Fresh ANN = ApiKey.create("ann", false);
    private static final ApiKey.Fresh BOB = ApiKey.create("bob", false);
    private static final ApiKey.Fresh ROOT = ApiKey.create("root", true);

    @TempDir
    static Path folder;

    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        Path file = Files.writeString(
                folder.resolve("keys"),
                String.join(
                        "\n",
                        Stream.of(ANN, BOB, ROOT).map(key -> key.known().line()).toList()));
        api = ApiFixture.startBehind(
                folder,
                Entry.OPEN
                        .withKeys(Door.ONLY, KeyRing.read(file), 0)
                        .withLimits(new Limits(ApiFixture.MAX_BODY, 256, 10_000, 4096 * 4096, WAITING, STREAMS)));
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static Answer submit(ApiKey.Fresh key) {
        return api.client.post(
                "/v1/inference",
                Requests.minimal().toBuffer(),
                "Content-Type",
                "application/json",
                "X-API-Key",
                key.text());
    }

    private static Answer send(ApiKey.Fresh key, String method, String path) {
        return api.client.send(method, path, BodyPublishers.noBody(), "X-API-Key", key.text());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /status",
        "GET, /result",
        "GET, /images/0",
        "GET, /events",
        "POST, /cancel",
        "DELETE, ''",
    })
    void isForNobodyElse(String method, String operation) {
        String id = submit(ANN).json().getString("request_id");

        Answer other = send(BOB, method, "/v1/requests/" + id + operation);
        assertEquals(404, other.status());
        assertEquals("REQUEST_NOT_FOUND", other.code());

        assertEquals(200, send(ROOT, "POST", "/v1/requests/" + id + "/cancel").status());
        assertEquals(204, send(ANN, "DELETE", "/v1/requests/" + id).status());
    }

    @Test
    void listsOnesOwnAndAnAdministratorEverybodys() {
        String anns = submit(ANN).json().getString("request_id");
        String bobs = submit(BOB).json().getString("request_id");

        assertEquals(List.of(anns), listed(ANN));
        assertEquals(List.of(bobs), listed(BOB));
        assertEquals(List.of(bobs, anns), listed(ROOT));

        for (String id : List.of(anns, bobs)) {
            send(ROOT, "POST", "/v1/requests/" + id + "/cancel");
            send(ROOT, "DELETE", "/v1/requests/" + id);
        }
    }

    private static List<String> listed(ApiKey.Fresh key) {
        return send(key, "GET", "/v1/requests").json().getJsonArray("requests").stream()
                .map(request -> ((JsonObject) request).getString("request_id"))
                .toList();
    }

    @Test
    void leavesRoomInTheQueueForOthers() {
        List<String> anns = Stream.generate(() -> submit(ANN).json().getString("request_id"))
                .limit(WAITING)
                .toList();

        Answer full = submit(ANN);
        assertEquals(429, full.status());
        assertEquals("QUEUE_FULL", full.code());
        assertTrue(Integer.parseInt(full.header("retry-after")) > 0);
        Answer other = submit(BOB);
        assertEquals(200, other.status());

        Stream.concat(anns.stream(), Stream.of(other.json().getString("request_id")))
                .forEach(id -> {
                    send(ROOT, "POST", "/v1/requests/" + id + "/cancel");
                    send(ROOT, "DELETE", "/v1/requests/" + id);
                });
    }

    @Test
    void letsAClientFollowOnlySoManyAtATime() throws IOException {
        String id = submit(ANN).json().getString("request_id");
        String bobs = submit(BOB).json().getString("request_id");
        String events = "/v1/requests/" + id + "/events";
        try (Socket first = follow(events, ANN)) {
            try (Socket second = follow(events, ANN)) {
                Answer third = send(ANN, "GET", events);
                assertEquals(429, third.status());
                assertEquals("TOO_MANY_STREAMS", third.code());
                follow("/v1/requests/" + bobs + "/events", BOB).close();
                assertTrue(second.isConnected() && first.isConnected());
            }
            long end = System.nanoTime() + 10_000_000_000L;
            boolean followed = false;
            while (!followed && System.nanoTime() < end) {
                try (Socket again = new Socket(InetAddress.getLoopbackAddress(), api.client.port())) {
                    followed = ask(again, events, ANN).startsWith("HTTP/1.1 200");
                }
            }
            assertTrue(followed, "a stream that was left still counts");
        } finally {
            for (String job : List.of(id, bobs)) {
                send(ROOT, "POST", "/v1/requests/" + job + "/cancel");
                send(ROOT, "DELETE", "/v1/requests/" + job);
            }
        }
    }

    private static Socket follow(String path, ApiKey.Fresh key) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port());
        assertTrue(ask(socket, path, key).startsWith("HTTP/1.1 200"));
        return socket;
    }

    private static String ask(Socket socket, String path, ApiKey.Fresh key) throws IOException {
        socket.setSoTimeout(10_000);
        String request = "GET " + path + " HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key.text() + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    @Test
    void namesTheLorasThatResembleAMissingOneToEveryCallerAndTheFolderToAnAdministratorAlone() {
        JsonObject body = new JsonObject().put("path", "my_lora.safetensor").put("model", "zimage_turbo");
        for (String path : List.of("/v1/inference", "/v1/loras/inspect")) {
            JsonObject request = path.endsWith("inspect") ? body : Requests.withLora("path", "my_lora.safetensor");
            JsonObject forAnn = missingLora(ANN, path, request);
            JsonObject forRoot = missingLora(ROOT, path, request);

            JsonArray closest = new JsonArray().add(ApiFixture.LORA).add("broken.safetensors");
            assertEquals(closest, forAnn.getJsonObject("details").getJsonArray("closest"));
            assertEquals(
                    "LoRA file not found: my_lora.safetensor. Closest names: " + ApiFixture.LORA
                            + ", broken.safetensors.",
                    forAnn.getString("message"));
            String loras = folder.resolve("loras").toString();
            assertFalse(forAnn.encode().contains(folder.toString()), forAnn.encode());
            assertEquals(loras, forRoot.getJsonObject("details").getString("folder"));
            assertTrue(
                    forRoot.getString("message")
                            .endsWith("Set WORKFLOWS_BASE_PATH, which is " + loras + ", or use a path below it."),
                    forRoot.encode());
        }
    }

    private static JsonObject missingLora(ApiKey.Fresh key, String path, JsonObject body) {
        Answer answer =
                api.client.post(path, body.toBuffer(), "Content-Type", "application/json", "X-API-Key", key.text());
        assertEquals(400, answer.status());
        assertEquals("LORA_NOT_FOUND", answer.code());
        return answer.json().getJsonObject("error");
    }
}
