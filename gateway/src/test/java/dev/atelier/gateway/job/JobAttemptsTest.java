package dev.atelier.gateway.job;

import static dev.atelier.gateway.job.JobRequests.effective;
import static dev.atelier.gateway.job.JobRequests.image;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
class JobAttemptsTest {
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
        settings = TestStores.withTimes(
                TestStores.settings(dialect, dataDir), Duration.ofMillis(500), Duration.ofHours(1));
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

    private static void assertStale(Future<?> future) {
        assertThrows(StaleAttemptException.class, future::await);
    }

    @Test
    void continuesAfterARestartAtTheFirstMissingImageWithTheSettingsOfTheFirstAttempt() throws Exception {
        store.submit(JobRequests.of("a", "one", "two")).await();
        Job first = store.claim("cpu", MODELS).await().orElseThrow();
        EffectiveSettings settled = effective(first.request().plans().get(0), 0.7f);
        store.recordAdapters(first.id(), 1, List.of("hash")).await();
        store.recordEffective(first.id(), 1, 0, settled).await();
        store.recordImage(first.id(), 1, image(0, settled)).await();
        EffectiveSettings unfinished = effective(first.request().plans().get(1), 0.6f);
        store.recordEffective(first.id(), 1, 1, unfinished).await();

        reopen();
        TestStores.until(
                vertx,
                () -> store.sweep().compose(swept -> store.find(first.id())),
                job -> job.orElseThrow().state() == JobState.QUEUED);
        Job second = store.claim("cpu", MODELS).await().orElseThrow();

        assertEquals(2, second.attempt());
        assertEquals(first.startedAt(), second.startedAt());
        assertEquals(List.of("hash"), second.adapterHashes());
        assertEquals(List.of(image(0, settled)), second.images());
        assertEquals(Map.of(0, settled, 1, unfinished), second.effective());
    }

    @Test
    void keepsWhatTheFirstAttemptSettled() {
        store.submit(JobRequests.of("a", "p")).await();
        Job job = store.claim("cpu", MODELS).await().orElseThrow();
        EffectiveSettings first = effective(job.request().plans().get(0), 0.7f);
        EffectiveSettings other = effective(job.request().plans().get(0), 0.2f);

        assertEquals(first, store.recordEffective(job.id(), 1, 0, first).await());
        assertEquals(first, store.recordEffective(job.id(), 1, 0, other).await());
        assertEquals(
                List.of("one"),
                store.recordAdapters(job.id(), 1, List.of("one")).await());
        assertEquals(
                List.of("one"),
                store.recordAdapters(job.id(), 1, List.of("two")).await());
    }

    @Test
    void keepsRequeuedJobsInTheirPlace() {
        Job first = store.submit(JobRequests.of("a", "p")).await().job();
        store.submit(JobRequests.of("a", "q")).await();
        store.claim("cpu", MODELS).await();

        store.requeue(first.id(), 1).await();

        assertEquals(
                first.id(), store.claim("cpu", MODELS).await().orElseThrow().id());
    }

    @Test
    void failsAJobWhoseDevicesDieTooOften() {
        JobError error = new JobError(ErrorCode.DEVICE_LOST, "three devices died", Map.of());
        String id = store.submit(JobRequests.of("a", "p")).await().job().id();
        List<JobState> states = new ArrayList<>();
        for (int attempt = 1; attempt <= 3; attempt++) {
            store.claim("gpu", MODELS).await();
            states.add(store.requeueLost(id, attempt, error).await());
        }

        assertEquals(List.of(JobState.QUEUED, JobState.QUEUED, JobState.FAILED), states);
        Job failed = store.find(id).await().orElseThrow();
        assertEquals(error, failed.error());
        assertNotNull(failed.finishedAt());
    }

    @Test
    void refusesEverythingFromAnAttemptThatIsOver() {
        store.submit(JobRequests.of("a", "p")).await();
        Job job = store.claim("cpu", MODELS).await().orElseThrow();
        store.requeue(job.id(), 1).await();
        Job again = store.claim("gpu", MODELS).await().orElseThrow();
        EffectiveSettings settings = effective(job.request().plans().get(0), 0.5f);

        assertStale(store.renew(job.id(), 1));
        assertStale(store.recordEffective(job.id(), 1, 0, settings));
        assertStale(store.recordAdapters(job.id(), 1, List.of("x")));
        assertStale(store.recordImage(job.id(), 1, image(0, settings)));
        assertStale(store.succeed(job.id(), 1, new JobTimings(0, true, "reuse", 1)));
        assertStale(store.fail(job.id(), 1, new JobError(ErrorCode.INTERNAL_ERROR, "m", Map.of())));
        assertStale(store.cancel(job.id(), 1));
        assertStale(store.requeue(job.id(), 1));
        assertStale(store.requeueLost(job.id(), 1, new JobError(ErrorCode.DEVICE_LOST, "m", Map.of())));
        assertEquals(Optional.of(again), store.find(job.id()).await());
    }

    @Test
    void tellsAnAttemptThatItsClientAskedForTheEnd() {
        Job job = store.submit(JobRequests.of("a", "p")).await().job();
        store.claim("cpu", MODELS).await();
        JobProgress progress = new JobProgress(0, 1, "denoise", 1, 4, null);
        assertFalse(store.recordProgress(job.id(), 1, progress, List.of()).await());
        assertFalse(store.renew(job.id(), 1).await());

        store.cancelRequest(job.id()).await();

        assertTrue(store.recordProgress(job.id(), 1, progress, List.of()).await());
        assertTrue(store.renew(job.id(), 1).await());
    }

    @Test
    void endsAJobOnce() {
        store.submit(JobRequests.of("a", "p")).await();
        Job job = store.claim("cpu", MODELS).await().orElseThrow();
        JobTimings timings = new JobTimings(0.5, true, "hot_swap", 12.75);

        store.succeed(job.id(), 1, timings).await();

        assertStale(store.fail(job.id(), 1, new JobError(ErrorCode.INTERNAL_ERROR, "late", Map.of())));
        Job done = store.find(job.id()).await().orElseThrow();
        assertEquals(JobState.SUCCEEDED, done.state());
        assertEquals(timings, done.timings());
        assertNotNull(done.finishedAt());
        assertNull(done.error());
    }
}
