package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.plugin.ErrorCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stopping, listing and removing requests. */
class RequestControlApiTest {
    private static final List<String> MODELS = List.of("zimage_turbo", "pair");
    private static final String UNKNOWN = "00000000-0000-0000-0000-000000000000";

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

    private String submit(JsonObject body) {
        return api.client.post("/v1/inference", body).json().getString("request_id");
    }

    private String submit() {
        return submit(Requests.minimal());
    }

    private Job claim() {
        return api.store.claim("test", MODELS).await().orElseThrow();
    }

    private void fail(Job job) {
        api.store
                .fail(job.id(), job.attempt(), new JobError(ErrorCode.NON_FINITE_OUTPUT, "not finite", Map.of()))
                .await();
    }

    private Answer cancel(String id) {
        return api.client.send("POST", "/v1/requests/" + id + "/cancel", BodyPublishers.noBody());
    }

    private Answer delete(String id) {
        return api.client.send("DELETE", "/v1/requests/" + id, BodyPublishers.noBody());
    }

    private JsonObject status(String id) {
        return api.client.get("/v1/requests/" + id + "/status").json();
    }

    private JsonObject list(String query) {
        Answer answer = api.client.get("/v1/requests" + query);
        assertEquals(200, answer.status());
        return answer.json();
    }

    private static List<String> ids(JsonObject page) {
        return page.getJsonArray("requests").stream()
                .map(request -> ((JsonObject) request).getString("request_id"))
                .toList();
    }

    @Test
    void cancelsAWaitingRequestAtOnce() {
        String id = submit();

        JsonObject answer = cancel(id).json();

        assertEquals("canceled", answer.getString("status"));
        assertTrue(answer.getString("finished_at").endsWith("Z"));
        assertEquals("canceled", status(id).getString("status"));
        assertTrue(api.store.claim("test", MODELS).await().isEmpty());
    }

    @Test
    void asksARunningRequestToStop() {
        String id = submit();
        Job job = claim();

        JsonObject answer = cancel(id).json();

        assertEquals("in_progress", answer.getString("status"));
        assertEquals(true, answer.getBoolean("cancel_requested"));
        assertEquals(200, cancel(id).status(), "asking again changes nothing");
        api.store.cancel(id, job.attempt()).await();
        assertEquals("canceled", status(id).getString("status"));
        assertFalse(status(id).containsKey("cancel_requested"));
    }

    @Test
    void refusesToCancelWhatHasFinished() {
        String id = submit();
        fail(claim());

        Answer answer = cancel(id);

        assertEquals(409, answer.status());
        assertEquals("REQUEST_FINISHED", answer.code());
        assertEquals("failed", status(id).getString("status"));
    }

    @Test
    void removesAFinishedRequestWithItsPictures() {
        String id = submit();
        Job job = claim();
        Pictures.finish(api, job, 0);
        fail(job);
        assertEquals(200, api.client.get("/v1/requests/" + id + "/images/0").status());

        assertEquals(204, delete(id).status());

        assertEquals(404, api.client.get("/v1/requests/" + id + "/status").status());
        assertEquals(404, api.client.get("/v1/requests/" + id + "/images/0").status());
        assertEquals(404, delete(id).status());
        assertEquals(List.of(), Pictures.files(folder.resolve("out")));
    }

    @Test
    void refusesToRemoveWhatHasNotFinished() {
        String id = submit();

        assertEquals("REQUEST_NOT_FINISHED", delete(id).code());
        claim();
        Answer answer = delete(id);
        assertEquals(409, answer.status());
        assertEquals("in_progress", status(id).getString("status"));
    }

    @ParameterizedTest
    @CsvSource({"GET,/status", "GET,/result", "GET,/images/0", "GET,/events", "POST,/cancel", "DELETE,"})
    void knowsNoOtherRequests(String method, String what) {
        for (String id : List.of(UNKNOWN, "nope", "%00", "..%2f..", "%F0%9F%98%80", "'%20OR%201=1")) {
            Answer answer =
                    api.client.send(method, "/v1/requests/" + id + (what == null ? "" : what), BodyPublishers.noBody());
            assertEquals(404, answer.status(), id);
            assertEquals("REQUEST_NOT_FOUND", answer.code());
        }
    }

    @Test
    void tellsThePlaceInTheQueue() {
        String first = submit();
        String second = submit();
        String urgent = submit(Requests.with("priority", 5));

        assertEquals(1, status(urgent).getInteger("queue_position"));
        assertEquals(2, status(first).getInteger("queue_position"));
        assertEquals(3, status(second).getInteger("queue_position"));
        assertEquals(urgent, claim().id());
        assertNull(status(urgent).getValue("queue_position"));
        assertEquals(1, status(first).getInteger("queue_position"));
    }

    @Test
    void listsTheNewestFirstAndPageByPage() {
        List<String> submitted = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            submitted.add(submit());
        }
        Collections.reverse(submitted);

        assertEquals(submitted, ids(list("")));
        JsonObject first = list("?limit=3");
        assertEquals(submitted.subList(0, 3), ids(first));
        submit(); // a newer one does not shift the pages
        JsonObject second = list("?limit=3&cursor=" + first.getString("next_cursor"));
        assertEquals(submitted.subList(3, 6), ids(second));
        JsonObject third = list("?limit=3&cursor=" + second.getString("next_cursor"));
        assertEquals(submitted.subList(6, 7), ids(third));
        assertNull(third.getValue("next_cursor"));
    }

    @Test
    void listsWhatIsAskedFor() {
        String waiting = submit();
        String other = submit(Requests.with("model", "pair"));
        String canceled = submit();
        cancel(canceled);

        assertEquals(List.of(canceled), ids(list("?status=canceled")));
        assertEquals(List.of(other, waiting), ids(list("?status=in_queue")));
        assertEquals(List.of(other), ids(list("?model=pair")));
        assertEquals(List.of(), ids(list("?model=pair&status=failed")));
        assertEquals(List.of(), ids(list("?model=unheard%00of")));
        JsonArray requests = list("?model=pair").getJsonArray("requests");
        assertEquals("pair", requests.getJsonObject(0).getString("model"));
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0,greater_than_equal query.limit",
        "limit=1001,less_than_equal query.limit",
        "limit=x,int_parsing query.limit",
        "limit=,int_parsing query.limit",
        "status=queued,literal_error query.status",
        "cursor=x,value_error query.cursor",
        "cursor=,value_error query.cursor",
        "cursor=%00,value_error query.cursor"
    })
    void refusesAParameterThatDoesNotFit(String query, String violation) {
        Answer answer = api.client.get("/v1/requests?" + query);

        assertEquals(422, answer.status());
        assertEquals(List.of(violation), answer.violations());
    }

    @ParameterizedTest
    @CsvSource({
        "priority,11,less_than_equal body.priority",
        "priority,-11,greater_than_equal body.priority",
        "priority,1.5,int_from_float body.priority",
        "expires_in,-1,greater_than_equal body.expires_in",
        "preview_every,-1,greater_than_equal body.preview_every",
    })
    void refusesTermsOutOfRange(String field, double value, String violation) {
        Answer answer = api.client.post("/v1/inference", Requests.with(field, value));

        assertEquals(422, answer.status());
        assertEquals(List.of(violation), answer.violations());
    }

    @Test
    void refusesAnUnknownWayToDisconnect() {
        Answer answer = api.client.post("/v1/inference", Requests.with("on_disconnect", "explode"));

        assertEquals(List.of("literal_error body.on_disconnect"), answer.violations());
    }
}
