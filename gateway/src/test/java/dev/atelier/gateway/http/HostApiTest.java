package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.http.ApiFixture.Entry;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobTimings;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By which hosts a server may be called, and which URLs it gives its clients. */
class HostApiTest {
    private static final String BODY = Requests.minimal().encode();

    @TempDir
    Path folder;

    /** Sends a request with these lines as its headers. */
    private static String send(ApiFixture api, String line, String... headers) {
        String length = line.startsWith("POST") ? "Content-Length: " + BODY.length() + "\r\n" : "";
        String body = length.isEmpty() ? "" : BODY;
        return api.client.raw(line + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n" + length
                + "Content-Type: application/json\r\nConnection: close\r\n\r\n" + body);
    }

    private static String status(String answer) {
        return answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
    }

    private static JsonObject json(String answer) {
        return new JsonObject(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }

    private static void refused(ApiFixture api, String line, String... headers) {
        String answer = send(api, line, headers);
        assertEquals("403", status(answer), line + " " + answer);
        JsonObject error = json(answer).getJsonObject("error");
        assertEquals("HOST_NOT_ALLOWED", error.getString("code"));
        assertTrue(error.getString("message").contains("ALLOWED_HOSTS"), error.encode());
        assertTrue(error.getString("message").contains("attacker.example"), error.encode());
        assertEquals("attacker.example", error.getJsonObject("details").getString("host"));
    }

    private static int jobs(ApiFixture api) {
        return api.client.get("/v1/requests").json().getJsonArray("requests").size();
    }

    private static KeyRing keys(Path folder, ApiKey.Fresh... keys) throws IOException {
        List<String> lines =
                List.of(keys).stream().map(key -> key.known().line()).toList();
        return KeyRing.read(Files.write(folder.resolve("keys"), lines));
    }

    @Test
    void aReboundPageReadsAndChangesNothingOnAServerWithoutKeys() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            for (String host : List.of("attacker.example", "ATTACKER.example:8000", "attacker.example.")) {
                for (String line : List.of(
                        "GET /v1/models",
                        "GET /v1/requests",
                        "GET /nothing",
                        "GET /docs",
                        "GET /docs/docs.js",
                        "GET /openapi.json",
                        "GET /metrics",
                        "GET /v1/models/",
                        "GET /healthy",
                        "GET /health/../v1/models",
                        "POST /v1/inference",
                        "POST /v1/plugins/a/reload",
                        "DELETE /v1/requests/x",
                        "OPTIONS /v1/inference")) {
                    refused(api, line, "Host: " + host);
                }
            }
            assertEquals(0, jobs(api));
        }
    }

    @Test
    void refusesTheHostBeforeTheBodyIsRead() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port())) {
            socket.setSoTimeout(10_000);
            String head = "POST /v1/inference HTTP/1.1\r\nHost: attacker.example\r\nContent-Length: 100000\r\n\r\n{";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            assertEquals(
                    "HTTP/1.1 403 ", new String(socket.getInputStream().readNBytes(13), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void takesTheTargetsHostForTheHeaders() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            refused(api, "GET http://attacker.example/v1/models", "Host: localhost");
            refused(api, "POST http://attacker.example:8000/v1/inference", "Host: localhost");
            refused(api, "GET HTTP://ATTACKER.example?a", "Host: localhost");
            assertEquals("200", status(send(api, "GET http://localhost/v1/models", "Host: attacker.example")));
        }
    }

    @Test
    void answersHealthToEveryHost() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            for (String path : List.of("/health", "/health/live", "//health", "/%68ealth")) {
                assertEquals("200", status(send(api, "GET " + path, "Host: attacker.example")), path);
            }
            assertTrue(send(api, "GET /health/ready", "Host: attacker.example").contains("\"checks\""));
            assertTrue(
                    send(api, "GET /health/startup", "Host: attacker.example").contains("\"waiting_for\""));
            assertTrue(api.client.raw("GET /health HTTP/1.0\r\n\r\n").contains(" 200 "));
            assertTrue(api.client.raw("GET /v1/models HTTP/1.0\r\n\r\n").contains("HOST_NOT_ALLOWED"));
        }
    }

    @Test
    void worksOnTheLocalNetworkWithoutSettings() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            for (String host :
                    List.of("localhost:8000", "127.0.0.1:8000", "192.168.1.5:8000", "[fd00::5]:8000", "box")) {
                assertEquals("200", status(send(api, "GET /v1/models", "Host: " + host)), host);
                String accepted = send(api, "POST /v1/inference", "Host: " + host);
                String url = json(accepted).getString("status_url");
                assertTrue(url.startsWith("http://" + host + "/v1/requests/"), url);
            }
        }
    }

    @Test
    void answersTheHostsThatTheSettingsName() throws IOException {
        Entry entry = Entry.OPEN.withAddress("https://images.example.org/atelier", List.of("*.svc", "a.example"));
        try (ApiFixture api = ApiFixture.startBehind(folder, entry)) {
            for (String host : List.of("images.example.org", "atelier.default.svc:80", "A.Example")) {
                assertEquals("200", status(send(api, "GET /v1/models", "Host: " + host)), host);
            }
            refused(api, "GET /v1/models", "Host: attacker.example");
        }
        Path other = Files.createDirectory(folder.resolve("other"));
        try (ApiFixture api = ApiFixture.startBehind(other, Entry.OPEN.withAddress(null, List.of("*")))) {
            assertEquals("200", status(send(api, "GET /v1/models", "Host: attacker.example")));
        }
    }

    @Test
    void asksForAKeyInsteadWhereThereAreKeysAndNeverLinksToAnUnknownHost() throws IOException {
        ApiKey.Fresh ann = ApiKey.create("ann", false);
        Entry entry = Entry.OPEN.withKeys(Door.ONLY, keys(folder, ann), 0);
        try (ApiFixture api = ApiFixture.startBehind(folder, entry)) {
            assertEquals("401", status(send(api, "GET /v1/models", "Host: attacker.example")));
            String key = "X-API-Key: " + ann.text();
            JsonObject accepted = json(send(api, "POST /v1/inference", "Host: attacker.example", key));
            String links = "http://localhost:" + api.client.port() + "/v1/requests/" + accepted.getString("request_id");
            assertEquals(links + "/status", accepted.getString("status_url"));
            assertEquals(links + "/result", accepted.getString("result_url"));
        }
    }

    @Test
    void checksTheAdminPortAlways() throws IOException {
        ApiKey.Fresh root = ApiKey.create("root", true);
        Entry entry = Entry.OPEN.withKeys(Door.OPERATORS, keys(folder, root), 0);
        try (ApiFixture api = ApiFixture.startBehind(folder, entry)) {
            refused(api, "GET /metrics", "Host: attacker.example");
            refused(api, "POST /v1/plugins/a/reload", "Host: attacker.example", "X-API-Key: " + root.text());
            assertEquals("200", status(send(api, "GET /metrics", "Host: 10.1.2.3:9000")));
            assertEquals("200", status(send(api, "GET /metrics", "Host: gateway-1:9000")));
            assertEquals("200", status(send(api, "GET /health", "Host: attacker.example")));
        }
    }

    @Test
    void linksAndRedirectsBelowTheBaseUrl() throws IOException {
        Entry entry = Entry.OPEN.withAddress("https://images.example.org/atelier", List.of());
        try (ApiFixture api = ApiFixture.startBehind(folder, entry)) {
            JsonObject accepted = json(send(api, "POST /v1/inference", "Host: localhost"));
            assertEquals(
                    "https://images.example.org/atelier/v1/requests/" + accepted.getString("request_id") + "/status",
                    accepted.getString("status_url"));
            Answer redirect = api.client.get("/v1/requests/x/status/?a=b");
            assertEquals(307, redirect.status());
            assertEquals("/atelier/v1/requests/x/status?a=b", redirect.header("location"));
        }
    }

    @Test
    void believesAProxyThatItTrusts() throws IOException {
        Entry entry = Entry.OPEN.withAddress(null, List.of("images.example.org"), "127.0.0.0/8", "::1");
        try (ApiFixture api = ApiFixture.startBehind(folder, entry)) {
            String[] headers = {
                "Host: gateway",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: images.example.org",
                "X-Forwarded-Prefix: /atelier"
            };
            JsonObject accepted = json(send(api, "POST /v1/inference", headers));
            String links = "https://images.example.org/atelier/v1/requests/" + accepted.getString("request_id");
            assertEquals(links + "/result", accepted.getString("result_url"));
            String redirect = send(api, "GET /v1/models/", headers);
            assertTrue(redirect.contains("location: /atelier/v1/models\r\n"), redirect);
            accepted = json(send(
                    api,
                    "POST /v1/inference",
                    "Host: gateway",
                    "Forwarded: proto=https;host=\"images.example.org:8443\""));
            assertTrue(accepted.getString("status_url").startsWith("https://images.example.org:8443/v1/"));
            String evil = send(api, "GET /v1/models/", "Host: gateway", "X-Forwarded-Prefix: //evil.example");
            assertTrue(evil.contains("location: /v1/models\r\n"), evil);
            refused(api, "GET /v1/models", "Host: gateway", "X-Forwarded-Host: attacker.example");
            refused(api, "GET /v1/models", "Host: attacker.example", "X-Forwarded-Host: images.example.org");
        }
    }

    @Test
    void believesNoClientThatWritesAProxysHeaders() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            JsonObject accepted = json(send(
                    api,
                    "POST /v1/inference",
                    "Host: localhost",
                    "X-Forwarded-Proto: https",
                    "X-Forwarded-Host: attacker.example",
                    "X-Forwarded-Prefix: /x",
                    "Forwarded: host=attacker.example;proto=https"));
            assertTrue(accepted.getString("status_url").startsWith("http://localhost/v1/"), accepted.encode());
        }
    }

    @Test
    void tellsClientsBehindATrustedProxyApart() throws IOException {
        Limits limits = new Limits(ApiFixture.MAX_BODY, 256, 10_000, 4096 * 4096, 0, 1);
        Entry entry = Entry.OPEN.withLimits(limits).withAddress(null, List.of(), "127.0.0.1", "::1");
        try (ApiFixture api = ApiFixture.startBehind(folder, entry)) {
            String id =
                    api.client.post("/v1/inference", Requests.minimal()).json().getString("request_id");
            String events = "/v1/requests/" + id + "/events";
            try (EventReader first = EventReader.open(api.client.port(), events, "X-Forwarded-For", "1.1.1.1");
                    EventReader second = EventReader.open(api.client.port(), events, "Forwarded", "for=2.2.2.2")) {
                assertEquals(200, first.response().statusCode());
                assertEquals(200, second.response().statusCode());
                for (String header : List.of("1.1.1.1", "6.6.6.6, 1.1.1.1", "6.6.6.6, 1.1.1.1:80, 127.0.0.1")) {
                    assertEquals(
                            429,
                            api.client.get(events, "X-Forwarded-For", header).status(),
                            header);
                }
            }
        }
    }

    @Test
    void writesLinksInResultsAndEventsThatLeadBackToTheHostThatWasCalled() throws IOException {
        try (ApiFixture api = ApiFixture.start(folder)) {
            String id = json(send(api, "POST /v1/inference", "Host: box")).getString("request_id");
            Job job = api.store.claim("test", List.of("zimage_turbo")).await().orElseThrow();
            Pictures.finish(api, job, 0);
            api.store
                    .succeed(id, job.attempt(), new JobTimings(0.5, true, "reuse", 2.5))
                    .await();
            String result = send(api, "GET /v1/requests/" + id + "/result", "Host: 10.1.2.3");
            assertEquals(
                    "http://10.1.2.3/v1/requests/" + id + "/images/0",
                    json(result)
                            .getJsonObject("outputs")
                            .getJsonArray("images")
                            .getJsonObject(0)
                            .getString("url"));
            String events = "GET /v1/requests/" + id + "/events HTTP/1.1\r\nHost: [::1]:81\r\n\r\n";
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port())) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(events.getBytes(StandardCharsets.US_ASCII));
                StringBuilder seen = new StringBuilder();
                while (seen.indexOf("\"url\":\"http://[::1]:81/v1/requests/" + id + "/images/0\"") < 0) {
                    int next = socket.getInputStream().read();
                    assertTrue(next >= 0, seen.toString());
                    seen.append((char) next);
                }
            }
        }
    }
}
