package dev.atelier.gateway.job;

import static dev.atelier.gateway.job.JobRequests.plan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
class JobStoreTest {
    private static final List<String> MODELS = List.of("a", "b");

    private final Vertx vertx = Vertx.vertx();

    @Parameter
    Dialect dialect;

    private StoreSettings settings;

    @TempDir
    Path dataDir;

    private JobStore store;

    @BeforeEach
    void open() {
        settings = TestStores.settings(dialect, dataDir);
        store = TestStores.open(vertx, settings);
    }

    @AfterEach
    void close() {
        store.close().await();
        vertx.close().await();
    }

    private void reopen() {
        store.close().await();
        store = TestStores.open(vertx, settings);
    }

    @Test
    void returnsWhatWasSubmitted() {
        JobRequest request = new JobRequest(
                "a",
                List.of(plan("a \"quoted\" – 🙂 prompt", -1L), plan("", Long.MIN_VALUE)),
                List.of(JobRequests.adapter(), new AdapterReference("https://x/y", 1, null, null)),
                OutputFormat.PNG);

        Job job = store.submit(request).await().job();

        assertEquals(request, job.request());
        assertEquals(JobState.QUEUED, job.state());
        assertEquals(0, job.attempt());
        assertEquals(0, job.createdAt().getNano() % 1000);
        assertNull(job.startedAt());
        Job found = store.find(job.id()).await().orElseThrow();
        assertEquals(request, found.request());
        assertEquals(job.createdAt(), found.createdAt());
        assertEquals(1, found.queuePosition());
        reopen();
        assertEquals(Optional.of(found), store.find(job.id()).await());
    }

    @Test
    void writesSeedsAsUnsignedDecimalText() {
        String json = JobJson.write(plan("", -1L));

        assertTrue(json.contains("\"seed\":\"18446744073709551615\""), json);
    }

    @Test
    void knowsNoJobByAnOddId() {
        assertEquals(Optional.empty(), store.find("' OR 1=1 --").await());
        assertEquals(Optional.empty(), store.find("").await());
    }

    @Test
    void handsJobsOutInTheOrderOfSubmission() {
        List<String> submitted = IntStream.range(0, 20)
                .mapToObj(i -> store.submit(JobRequests.of(i % 2 == 0 ? "a" : "b", "p" + i))
                        .await()
                        .job()
                        .id())
                .toList();

        List<String> claimed = IntStream.range(0, 20)
                .mapToObj(i -> store.claim("cpu", MODELS).await().orElseThrow().id())
                .toList();

        assertEquals(submitted, claimed);
        assertEquals(Optional.empty(), store.claim("cpu", MODELS).await());
    }

    @Test
    void handsOutOnlyModelsThatTheDeviceServes() {
        store.submit(JobRequests.of("b", "first")).await();
        Job second = store.submit(JobRequests.of("a", "second")).await().job();

        assertEquals(Optional.empty(), store.claim("cpu", List.of()).await());
        assertEquals(
                second.id(),
                store.claim("cpu", List.of("a")).await().orElseThrow().id());
    }

    @Test
    void handsEachJobToOneDeviceWhenManyAskAtOnce() {
        for (int i = 0; i < 30; i++) {
            store.submit(JobRequests.of("a", "p" + i)).await();
        }

        List<Future<Optional<Job>>> claims = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            claims.add(store.claim("device " + i, MODELS));
        }
        List<String> ids = claims.stream()
                .map(claim -> claim.await())
                .flatMap(Optional::stream)
                .map(Job::id)
                .toList();

        assertEquals(30, ids.size());
        assertEquals(30, new HashSet<>(ids).size());
    }

    @Test
    void wakesIdleDevicesWhenAJobJoinsTheQueue() throws InterruptedException {
        CountDownLatch woken = new CountDownLatch(1);
        vertx.eventBus()
                .localConsumer(JobStore.WAKE_UP, message -> woken.countDown())
                .completion()
                .await();

        store.submit(JobRequests.of("a", "p")).await();

        assertTrue(woken.await(10, TimeUnit.SECONDS));
    }

    @Test
    void marksAClaimedJobAsRunning() {
        store.submit(JobRequests.of("a", "p")).await();

        Job job = store.claim("cpu", MODELS).await().orElseThrow();

        assertEquals(JobState.RUNNING, job.state());
        assertEquals(1, job.attempt());
        assertNotNull(job.startedAt());
        assertNull(job.finishedAt());
    }

    @Test
    void keepsTheErrorOfAFailedJob() {
        store.submit(JobRequests.of("a", "p")).await();
        store.claim("cpu", MODELS).await();
        String id = store.submit(JobRequests.of("a", "q")).await().job().id();
        store.claim("cpu", MODELS).await();
        JobError error = new JobError(ErrorCode.LORA_NOT_APPLIED, "nothing", Map.of("keys", List.of("a", "b"), "n", 2));

        store.fail(id, 1, error).await();
        reopen();

        Job failed = store.find(id).await().orElseThrow();
        assertEquals(JobState.FAILED, failed.state());
        assertEquals(error, failed.error());
    }

    @Test
    void countsJobsByStateAndFindsTheOldestWaiting() {
        Instant first = store.submit(JobRequests.of("a", "p")).await().job().createdAt();
        Instant second = store.submit(JobRequests.of("a", "q")).await().job().createdAt();

        assertEquals(first, store.snapshot().await().oldestQueued());
        Job running = store.claim("cpu", MODELS).await().orElseThrow();
        QueueSnapshot snapshot = store.snapshot().await();

        assertEquals(second, snapshot.oldestQueued());
        assertEquals(1L, snapshot.jobs().get(JobState.QUEUED));
        assertEquals(1L, snapshot.jobs().get(JobState.RUNNING));
        assertEquals(0L, snapshot.jobs().get(JobState.FAILED));
        store.cancel(running.id(), 1).await();
        assertEquals(1L, store.snapshot().await().jobs().get(JobState.CANCELED));
    }
}
