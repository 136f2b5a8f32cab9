package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobTimings;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HEAD, wherever GET is answered. */
class HeadApiTest {
    /** Headers that differ from answer to answer. */
    private static final Set<String> OWN = Set.of("x-request-id", "transfer-encoding");

    @TempDir
    static Path folder;

    private static ApiFixture api;
    private static String id = "";

    @BeforeAll
    static void start() throws IOException {
        api = ApiFixture.start(folder);
        id = api.client.post("/v1/inference", Requests.minimal()).json().getString("request_id");
        Job job = api.store.claim("test", List.of("zimage_turbo")).await().orElseThrow();
        Pictures.finish(api, job, 0);
        api.store
                .succeed(job.id(), job.attempt(), new JobTimings(0.5, true, "reuse", 2.5))
                .await();
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static Answer head(String path, String... headers) {
        return api.client.send("HEAD", path, BodyPublishers.noBody(), headers);
    }

    private static Map<String, List<String>> comparable(HttpHeaders headers) {
        Map<String, List<String>> all = new TreeMap<>(headers.map());
        all.keySet().removeAll(OWN);
        return all;
    }

    private static void answersLikeGet(String path, String... headers) {
        Answer get = api.client.get(path, headers);
        Answer head = head(path, headers);
        assertEquals(get.status(), head.status(), path);
        assertEquals(0, head.bytes().length(), path);
        Map<String, List<String>> expected = comparable(get.headers());
        Map<String, List<String>> actual = comparable(head.headers());
        if (path.equals("/metrics")) {
            // what is counted has changed meanwhile
            expected.remove("content-length");
            assertTrue(actual.remove("content-length") != null, path);
        }
        assertEquals(expected, actual, path);
    }

    /** Returns every path that the contract answers GET for, with the ids of what is there. */
    private static List<String> readable() {
        List<String> paths = new ArrayList<>();
        JsonObject contract = api.client.get("/openapi.json").json().getJsonObject("paths");
        Map<String, String> values = new HashMap<>(Map.of("{request_id}", id, "{index}", "0", "{plugin_id}", "a"));
        for (String path : contract.fieldNames()) {
            if (contract.getJsonObject(path).containsKey("get")) {
                String filled = path;
                for (Map.Entry<String, String> value : values.entrySet()) {
                    filled = filled.replace(value.getKey(), value.getValue());
                }
                paths.add(filled);
            }
        }
        return paths;
    }

    @Test
    void answersHeadLikeGetOnEveryPathOfTheContract() {
        List<String> paths = readable();
        assertTrue(paths.size() > 12, paths.toString());
        for (String path : paths) {
            if (!path.endsWith("/events")) {
                answersLikeGet(path);
            }
        }
        answersLikeGet("/docs/docs.js");
        answersLikeGet("/docs/swagger-ui.css");
    }

    @Test
    void answersHeadLikeGetWhereThatFails() {
        answersLikeGet("/v1/nothing");
        answersLikeGet("/v1/requests/x/status");
        answersLikeGet("/v1/requests/" + id + "/images/7");
        answersLikeGet("/v1/requests/" + id + "/images/x");
        answersLikeGet("/v1/requests?limit=0");
        answersLikeGet("/v1/models/");
    }

    @Test
    void answersHeadLikeGetOfACopyThatTheClientHas() {
        String path = "/v1/requests/" + id + "/images/0";
        String tag = api.client.get(path).header("etag");
        answersLikeGet(path, "If-None-Match", tag);
        assertEquals(304, head(path, "If-None-Match", tag).status());
    }

    @Test
    void endsAnEventStreamAfterItsHeaders() {
        String path = "/v1/requests/" + id + "/events";
        String answer = api.client.raw("HEAD " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        assertTrue(answer.contains("content-type: text/event-stream\r\n"), answer);
        assertTrue(answer.endsWith("\r\n\r\n"), answer);
        String waiting =
                api.client.post("/v1/inference", Requests.minimal()).json().getString("request_id");
        assertEquals(200, head("/v1/requests/" + waiting + "/events").status());
        assertEquals(404, head("/v1/requests/x/events").status());
    }

    @Test
    void sendsNoByteOfABodyBehindTheHeaders() {
        for (String path : readable()) {
            String next = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            String answers = api.client.raw("HEAD " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" + next);
            int end = answers.indexOf("\r\n\r\n") + 4;
            assertTrue(answers.startsWith("HTTP/1.1 200 OK\r\n", end), path + ": " + answers);
            assertTrue(answers.endsWith("{\"status\":\"healthy\"}"), path + ": " + answers);
        }
    }
}
