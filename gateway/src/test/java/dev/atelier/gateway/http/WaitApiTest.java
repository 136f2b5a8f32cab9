package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobTimings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Submissions whose answer waits for the result. */
class WaitApiTest {
    private static final List<String> MODELS = List.of("zimage_turbo");

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

    private CompletableFuture<Answer> submit(JsonObject body, String prefer) {
        return CompletableFuture.supplyAsync(() -> api.client.post(
                "/v1/inference", body.toBuffer(), "Content-Type", "application/json", "Prefer", prefer));
    }

    private static <T> T await(Supplier<Optional<T>> condition) {
        Instant end = Instant.now().plus(Duration.ofSeconds(20));
        while (Instant.now().isBefore(end)) {
            Optional<T> found = condition.get();
            if (found.isPresent()) {
                return found.get();
            }
            LockSupport.parkNanos(2_000_000);
        }
        throw new AssertionError("it did not come to that");
    }

    private Job claim() {
        return await(() -> api.store.claim("test", MODELS).await());
    }

    private JobState state(String id) {
        return api.store.find(id).await().orElseThrow().state();
    }

    @Test
    void answersWithTheResult() throws Exception {
        CompletableFuture<Answer> submitted = submit(Requests.minimal(), "wait=60");
        Job job = claim();
        Pictures.finish(api, job, 0);
        api.store
                .succeed(job.id(), job.attempt(), new JobTimings(0.5, true, "reuse", 2.5))
                .await();

        Answer answer = submitted.get(20, TimeUnit.SECONDS);

        assertEquals(200, answer.status());
        assertEquals("wait=60", answer.header("Preference-Applied"));
        String address = "/v1/requests/" + job.id();
        JsonObject result = api.client.get(address + "/result").json();
        JsonObject expected = result.copy()
                .put("status_url", "http://127.0.0.1:" + api.client.port() + address + "/status")
                .put("result_url", "http://127.0.0.1:" + api.client.port() + address + "/result")
                .put("warnings", new JsonArray());
        assertEquals(expected, answer.json());
        assertNotNull(answer.json().getJsonObject("outputs"));
    }

    @Test
    void answersAsUsualWhenItTakesLonger() throws Exception {
        Answer answer = submit(Requests.minimal(), "wait=1").get(20, TimeUnit.SECONDS);

        assertEquals("queued", answer.json().getString("status"));
        assertEquals(JobState.QUEUED, state(answer.json().getString("request_id")));
    }

    @Test
    void answersAsUsualAtOnceWhenNoTimeIsGiven() throws Exception {
        assertEquals(
                "queued",
                submit(Requests.minimal(), "wait=0")
                        .get(20, TimeUnit.SECONDS)
                        .json()
                        .getString("status"));
    }

    @Test
    void answersWithARequestThatWasCanceled() throws Exception {
        CompletableFuture<Answer> submitted = submit(Requests.minimal(), "wait=60");
        Job job = claim();
        api.store.cancel(job.id(), job.attempt()).await();

        assertEquals("canceled", submitted.get(20, TimeUnit.SECONDS).json().getString("status"));
    }

    @Test
    void answersEveryoneWhenTheServerStops() throws Exception {
        CompletableFuture<Answer> submitted = submit(Requests.with("on_disconnect", "cancel"), "wait=120");
        Job job = claim();

        await(() -> {
            api.release();
            return submitted.isDone() ? Optional.of(true) : Optional.empty();
        });

        assertEquals("queued", submitted.get().json().getString("status"));
        assertEquals(JobState.RUNNING, state(job.id()));
    }

    /** Submits on a connection of its own, whose answer is never read. */
    private Socket submitOverSocket(JsonObject body) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.client.port());
        String request = "POST /v1/inference HTTP/1.1\r\nHost: x\r\nPrefer: wait=120\r\nContent-Length: "
                + body.toBuffer().length() + "\r\n\r\n" + body.encode();
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    private String onlyJob() {
        return await(() -> api.client.get("/v1/requests").json().getJsonArray("requests").stream()
                .map(request -> ((JsonObject) request).getString("request_id"))
                .findFirst());
    }

    @Test
    void cancelsWhenTheClientGoesAwayIfItAskedForThat() throws IOException {
        Socket socket = submitOverSocket(Requests.with("on_disconnect", "cancel"));
        String id = onlyJob();
        socket.close();

        await(() -> state(id) == JobState.CANCELED ? Optional.of(true) : Optional.empty());
    }

    @Test
    void asksARunningJobToStopWhenTheClientGoesAway() throws IOException {
        Socket socket = submitOverSocket(Requests.with("on_disconnect", "cancel"));
        Job job = claim();
        socket.close();

        await(() -> api.store.renew(job.id(), job.attempt()).await() ? Optional.of(true) : Optional.empty());
    }

    @Test
    void goesOnWithoutTheClientOtherwise() throws IOException {
        Socket socket = submitOverSocket(Requests.minimal());
        String id = onlyJob();
        socket.close();
        Socket other = submitOverSocket(Requests.with("on_disconnect", "cancel"));
        String canceled =
                await(() -> api.client.get("/v1/requests?status=in_queue").json().getJsonArray("requests").stream()
                        .map(request -> ((JsonObject) request).getString("request_id"))
                        .filter(found -> !found.equals(id))
                        .findFirst());
        other.close();

        // the one that went away first was looked at first
        await(() -> state(canceled) == JobState.CANCELED ? Optional.of(true) : Optional.empty());
        assertEquals(JobState.QUEUED, state(id));
    }
}
