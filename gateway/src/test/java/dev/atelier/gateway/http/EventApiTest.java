package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobProgress;
import dev.atelier.gateway.job.JobTimings;
import dev.atelier.plugin.ErrorCode;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Following requests by their events. */
class EventApiTest {
    private static final List<String> MODELS = List.of("zimage_turbo");
    private static final JobTimings TIMINGS = new JobTimings(0.5, true, "reuse", 2.5);

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

    private String submit() {
        return api.client.post("/v1/inference", Requests.minimal()).json().getString("request_id");
    }

    private Job claim() {
        return api.store.claim("test", MODELS).await().orElseThrow();
    }

    private EventReader follow(String id, String... headers) {
        return EventReader.open(api.client.port(), "/v1/requests/" + id + "/events", headers);
    }

    private void step(Job job, int step) {
        Map<String, Object> data = Map.of("image", 0, "images", 1, "stage", "denoise", "step", step, "steps", 2);
        api.store
                .recordProgress(
                        job.id(),
                        job.attempt(),
                        new JobProgress(0, 1, "denoise", step, 2, 1.5),
                        List.of(new JobEvent.Draft(JobEvent.Type.STEP, data)))
                .await();
    }

    private static List<String> names(List<EventReader.Event> events) {
        return events.stream().map(EventReader.Event::name).toList();
    }

    @Test
    void followsARequestFromItsBeginningToItsEnd() {
        String id = submit();

        try (EventReader events = follow(id)) {
            assertEquals(200, events.response().statusCode());
            JsonObject queued = events.next("queued").data();
            assertEquals(id, queued.getString("request_id"));
            assertTrue(queued.getString("at").endsWith("Z"));
            Job job = claim();
            assertEquals(1, events.next("started").data().getInteger("attempt"));
            step(job, 1);
            JsonObject step = events.next("step").data();
            assertEquals(1, step.getInteger("step"));
            assertEquals(2, step.getInteger("steps"));
            assertEquals("denoise", step.getString("stage"));
            Pictures.finish(api, job, 0);
            JsonObject image = events.next("image").data();
            assertEquals(0, image.getInteger("image"));
            assertEquals(200, api.client.get(path(image.getString("url"))).status());
            api.store.succeed(job.id(), job.attempt(), TIMINGS).await();
            EventReader.Event finished = events.next("finished");
            assertEquals("succeeded", finished.data().getString("status"));
            assertEquals(List.of(), events.rest());
        }
    }

    private static String path(String url) {
        return url.substring(url.indexOf("/v1/"));
    }

    @Test
    void tellsOfAFinishedRequestFromItsBeginning() {
        String id = submit();
        Job job = claim();
        api.store
                .fail(id, job.attempt(), new JobError(ErrorCode.NON_FINITE_OUTPUT, "not finite", Map.of()))
                .await();

        try (EventReader events = follow(id)) {
            List<EventReader.Event> all = events.rest();
            assertEquals(List.of("queued", "started", "finished"), names(all));
            assertEquals(
                    List.of("1", "2", "3"),
                    all.stream().map(EventReader.Event::id).toList());
            JsonObject finished = all.get(2).data();
            assertEquals("failed", finished.getString("status"));
            assertEquals("NON_FINITE_OUTPUT", finished.getString("error_code"));
            assertEquals("not finite", finished.getString("error"));
        }
    }

    @Test
    void goesOnWhereAClientWasCutOff() {
        String id = submit();
        Job job = claim();
        EventReader first = follow(id);
        assertEquals("1", first.next().orElseThrow().id());
        first.close();
        step(job, 1);
        api.store.succeed(id, job.attempt(), TIMINGS).await();

        try (EventReader second = follow(id, "Last-Event-ID", "1")) {
            assertEquals(List.of("started", "step", "finished"), names(second.rest()));
        }
    }

    @Test
    void tellsAClientThatHasEverythingNotToComeAgain() {
        String id = submit();
        api.store.cancelRequest(id).await();
        String last;
        try (EventReader events = follow(id)) {
            List<EventReader.Event> all = events.rest();
            assertEquals(List.of("queued", "finished"), names(all));
            last = all.get(1).id();
        }

        Answer answer = api.client.get("/v1/requests/" + id + "/events", "Last-Event-ID", last);

        assertEquals(204, answer.status());
    }

    @Test
    void beginsAtTheBeginningForAnIdThatIsNone() {
        String id = submit();
        api.store.cancelRequest(id).await();

        for (String none : List.of("", "x", "-1", "1.5", "3", "99999999999999999999")) {
            try (EventReader events = follow(id, "Last-Event-ID", none)) {
                assertEquals(List.of("queued", "finished"), names(events.rest()));
            }
        }
    }

    @Test
    void endsTheStreamOfAClientThatNamesAnEventOfAnotherRequest() {
        String id = submit();

        try (EventReader events = follow(id, "Last-Event-ID", "7")) {
            events.next("queued");
            api.store.cancelRequest(id).await();
            assertEquals(List.of("finished"), names(events.rest()));
        }
    }

    @Test
    void endsTheStreamOfARequestThatIsRemoved() {
        String id = submit();
        Job job = claim();

        try (EventReader events = follow(id, "Last-Event-ID", "2")) {
            api.store.cancel(id, job.attempt()).await();
            api.store.delete(id).await();
            assertTrue(names(events.rest()).size() <= 1);
        }
    }

    @Test
    void endsStreamsWhenTheServerStops() {
        String id = submit();
        try (EventReader events = follow(id)) {
            events.next("queued");
            api.release();
            assertEquals(List.of(), events.rest());
        }
    }

    @Test
    void countsOpenStreams() {
        String id = submit();
        try (EventReader events = follow(id)) {
            events.next("queued");
            assertTrue(scrape().contains("atelier_event_streams 1.0"), scrape());
            api.store.cancelRequest(id).await();
            events.rest();
        }
        assertTrue(scrape().contains("atelier_event_streams 0.0"), scrape());
    }

    private String scrape() {
        return api.client.get("/metrics").bytes().toString();
    }
}
