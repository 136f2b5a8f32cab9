package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients see of jobs, ask of them, and what is left of them. */
@ParameterizedClass
@EnumSource
class JobFollowingTest {
    private static final JobTimings TIMINGS = new JobTimings(0.5, true, "reuse", 1);

    private final Vertx vertx = Vertx.vertx();

    @Parameter
    Dialect dialect;

    @TempDir
    Path dataDir;

    private JobStore store;

    @BeforeEach
    void open() {
        StoreSettings settings = TestStores.settings(dialect, dataDir);
        store = TestStores.open(vertx, TestStores.withTimes(settings, Duration.ofSeconds(30), Duration.ZERO));
    }

    @AfterEach
    void close() {
        store.close().await();
        vertx.close().await();
    }

    private Job submit(String model, String... prompts) {
        return store.submit(JobRequests.of(model, prompts)).await().job();
    }

    private Job running(String... prompts) {
        submit("a", prompts);
        return store.claim("cpu", List.of("a")).await().orElseThrow();
    }

    private static void assertRefused(ErrorCode code, Future<?> future) {
        assertEquals(code, assertThrows(PipelineException.class, future::await).code());
    }

    private CountDownLatch told(String address) {
        CountDownLatch told = new CountDownLatch(1);
        vertx.eventBus()
                .localConsumer(address, message -> told.countDown())
                .completion()
                .await();
        return told;
    }

    @Test
    void tellsAJobsEventsInOrderWithoutGaps() {
        Job job = running("one", "two");
        EffectiveSettings settings = JobRequests.effective(job.request().plans().get(0), 1f);
        JobEvent.Draft stage = new JobEvent.Draft(JobEvent.Type.STAGE, Map.of("stage", "denoise"));
        JobEvent.Draft step = new JobEvent.Draft(JobEvent.Type.STEP, Map.of("step", 3, "eta_seconds", 0.25));
        JobProgress progress = new JobProgress(0, 2, "denoise", 3, 4, 0.25);
        store.recordProgress(job.id(), 1, progress, List.of(stage, step)).await();
        assertEquals(progress, store.find(job.id()).await().orElseThrow().progress());
        store.recordImage(job.id(), 1, JobRequests.image(0, settings), List.of(stage))
                .await();
        store.recordImage(job.id(), 1, JobRequests.image(0, settings), List.of(stage))
                .await();
        store.fail(job.id(), 1, new JobError(ErrorCode.NON_FINITE_OUTPUT, "black", Map.of()))
                .await();

        List<JobEvent> events = store.events(job.id(), 0, 100).await();

        assertEquals(
                List.of("queued", "started", "stage", "step", "stage", "image", "finished"),
                events.stream().map(event -> event.type().id()).toList());
        for (int i = 0; i < events.size(); i++) {
            assertEquals(i + 1, events.get(i).seq());
        }
        assertEquals(step.data(), events.get(3).data());
        assertEquals("NON_FINITE_OUTPUT", events.get(6).data().get("error_code"));
        assertEquals(events.subList(4, 6), store.events(job.id(), 4, 2).await());
        Job ended = store.find(job.id()).await().orElseThrow();
        assertEquals(7, ended.lastEvent());
        assertNull(ended.progress());
    }

    @Test
    void keepsTheNewestPreviewOnly() {
        Job job = running("p");
        for (int step = 1; step <= 3; step++) {
            Map<String, Object> data = Map.of("step", step, "preview", "data:image/jpeg;base64,AAA" + step);
            store.recordProgress(
                            job.id(),
                            1,
                            new JobProgress(0, 1, "denoise", step, 4, null),
                            List.of(new JobEvent.Draft(JobEvent.Type.STEP, data)))
                    .await();
        }
        store.succeed(job.id(), 1, TIMINGS).await();

        List<JobEvent> steps = store.events(job.id(), 2, 3).await();

        assertEquals(Map.of("step", 1), steps.get(0).data());
        assertEquals(Map.of("step", 2), steps.get(1).data());
        assertEquals(
                Map.of("step", 3, "preview", "data:image/jpeg;base64,AAA3"),
                steps.get(2).data());
    }

    @Test
    void findsWhatWasSubmittedUnderAKey() {
        JobTerms.Idempotency key = new JobTerms.Idempotency("key", "hash");
        JobRequest request = JobRequests.of("a", "p").on(JobTerms.DEFAULT.withIdempotency(key));
        assertTrue(store.findRepeated(null, key).await().isEmpty());
        Job job = store.submit(request).await().job();

        assertEquals(
                job.id(), store.findRepeated(null, key).await().orElseThrow().id());
        assertTrue(store.findRepeated("another", key).await().isEmpty());
        assertRefused(
                ErrorCode.IDEMPOTENCY_CONFLICT, store.findRepeated(null, new JobTerms.Idempotency("key", "other")));
    }

    @Test
    void wakesThoseWhoFollowAJob() throws InterruptedException {
        Job job = running("p");
        CountDownLatch told = told(JobStore.changes(job.id()));

        store.succeed(job.id(), 1, TIMINGS).await();

        assertTrue(told.await(10, TimeUnit.SECONDS));
    }

    @Test
    void cancelsAWaitingJobAtOnce() {
        Job job = submit("a", "p");

        Job canceled = store.cancelRequest(job.id()).await();

        assertEquals(JobState.CANCELED, canceled.state());
        assertTrue(store.claim("cpu", List.of("a")).await().isEmpty());
        assertRefused(ErrorCode.REQUEST_FINISHED, store.cancelRequest(job.id()));
        assertRefused(ErrorCode.REQUEST_NOT_FOUND, store.cancelRequest("no such"));
    }

    @Test
    void asksARunningJobToStopAndTellsItsAttempt() throws InterruptedException {
        Job job = running("p");
        assertFalse(store.renew(job.id(), 1).await());
        CountDownLatch told = told(JobStore.cancels(job.id()));

        Job asked = store.cancelRequest(job.id()).await();

        assertEquals(JobState.RUNNING, asked.state());
        assertTrue(asked.cancelRequested());
        assertTrue(told.await(10, TimeUnit.SECONDS));
        assertTrue(store.renew(job.id(), 1).await());
        store.cancel(job.id(), 1).await();
        assertRefused(ErrorCode.REQUEST_FINISHED, store.cancelRequest(job.id()));
    }

    @Test
    void endsAJobThatIsPutBackAfterItsClientAskedForItsEnd() {
        Job job = running("p");
        store.cancelRequest(job.id()).await();

        store.requeue(job.id(), 1).await();

        assertEquals(
                JobState.CANCELED, store.find(job.id()).await().orElseThrow().state());
    }

    @Test
    void listsTheLatestFirstPageByPage() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(0, submit(i % 2 == 0 ? "a" : "b", "p").id());
        }
        List<String> listed = new ArrayList<>();
        String cursor = null;
        do {
            JobPage page =
                    store.list(new JobFilter(Set.of(), null, null, cursor, 2)).await();
            page.jobs().forEach(job -> listed.add(job.id()));
            cursor = page.nextCursor();
            submit("c", "meanwhile");
        } while (cursor != null);

        assertEquals(ids, listed);
        assertEquals(
                2,
                store.list(new JobFilter(Set.of(), "b", null, null, 10))
                        .await()
                        .jobs()
                        .size());
        assertRefused(ErrorCode.INVALID_PARAMETER, store.list(new JobFilter(Set.of(), null, null, "x y", 2)));
    }

    @Test
    void listsByStateAndOwnerWithTheJobsPictures() {
        JobRequest request = JobRequests.of("a", "p").on(JobTerms.DEFAULT.withOwner("anna", null));
        store.submit(request).await();
        Job job = store.claim("cpu", List.of("a")).await().orElseThrow();
        OutputImage image =
                JobRequests.image(0, JobRequests.effective(job.request().plans().get(0), 1f));
        store.recordImage(job.id(), 1, image).await();
        submit("a", "other");

        JobFilter filter = new JobFilter(Set.of(JobState.RUNNING, JobState.FAILED), null, "anna", null, 10);
        assertEquals(
                List.of(store.find(job.id()).await().orElseThrow()),
                store.list(filter).await().jobs());
        assertEquals(List.of(image), store.list(filter).await().jobs().get(0).images());
        assertEquals(
                List.of(),
                store.list(new JobFilter(Set.of(), null, "bert", null, 10))
                        .await()
                        .jobs());
        assertEquals(
                new JobPage(List.of(), null),
                store.list(new JobFilter(Set.of(), "a\0b", null, null, 10)).await());
    }

    @Test
    void removesAFinishedJobAndNoOther() {
        Job job = running("one", "two");
        assertRefused(ErrorCode.REQUEST_NOT_FINISHED, store.delete(job.id()));
        store.succeed(job.id(), 1, TIMINGS).await();

        DiscardedJob discarded = store.delete(job.id()).await();

        assertEquals(new DiscardedJob(job.id(), 2, 1), discarded);
        assertEquals(List.of(discarded), store.discarded("").await());
        store.forget(job.id()).await();
        assertEquals(List.of(), store.discarded("").await());
        assertEquals(Optional.empty(), store.find(job.id()).await());
        assertEquals(Optional.empty(), store.tombstone(job.id()).await());
        assertEquals(List.of(), store.events(job.id(), 0, 10).await());
        assertRefused(ErrorCode.REQUEST_NOT_FOUND, store.delete(job.id()));
    }

    @Test
    void remembersForADayThatAJobWasKeptLongEnough() {
        JobRequest request = JobRequests.of("a", "p").on(JobTerms.DEFAULT.withOwner("anna", null));
        String ended = store.submit(request).await().job().id();
        store.cancelRequest(ended).await();
        Job waiting = submit("a", "p");

        store.retire().await();

        assertEquals(Optional.empty(), store.find(ended).await());
        Tombstone tombstone = store.tombstone(ended).await().orElseThrow();
        assertEquals("anna", tombstone.owner());
        assertEquals(1, store.discarded("").await().size());
        assertTrue(store.find(waiting.id()).await().isPresent());
        assertEquals(Optional.empty(), store.tombstone(waiting.id()).await());
    }
}
