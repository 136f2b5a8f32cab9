package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.JobTerms.Idempotency;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How jobs get into the queue, and in which order they leave it. */
@ParameterizedClass
@EnumSource
class JobQueueTest {
    private static final List<String> MODELS = List.of("a");

    private final Vertx vertx = Vertx.vertx();

    @Parameter
    Dialect dialect;

    @TempDir
    Path dataDir;

    private StoreSettings settings;
    private JobStore store;

    @BeforeEach
    void open() {
        settings = TestStores.withCapacity(TestStores.settings(dialect, dataDir), 10);
        store = TestStores.open(vertx, settings);
    }

    @AfterEach
    void close() {
        store.close().await();
        vertx.close().await();
    }

    private Job submit(String prompt, JobTerms terms) {
        return store.submit(JobRequests.of("a", prompt).on(terms)).await().job();
    }

    private Job claim() {
        return store.claim("cpu", MODELS).await().orElseThrow();
    }

    private static String prompt(Job job) {
        return job.request().plans().get(0).prompt();
    }

    private static PipelineException refused(ErrorCode code, Future<?> future) {
        PipelineException refused = assertThrows(PipelineException.class, future::await);
        assertEquals(code, refused.code());
        return refused;
    }

    @Test
    void refusesWhatDoesNotFitAndSaysHowFullItIsAndWhenToTryAgain() {
        store.submit(JobRequests.of("a", "1", "2", "3", "4", "5", "6", "7", "8"))
                .await();

        PipelineException refused = refused(ErrorCode.QUEUE_FULL, store.submit(JobRequests.of("a", "9", "10", "11")));

        assertEquals(8, refused.details().get("depth"));
        assertEquals(10, refused.details().get("capacity"));
        assertTrue(
                (int) refused.details().get("retry_after_seconds") >= 1,
                refused.details().toString());
        store.submit(JobRequests.of("a", "9", "10")).await();
        claim();
        store.submit(JobRequests.of("a", "11", "12")).await();
    }

    @Test
    void reckonsTheWaitFromHowLongPicturesTook() {
        Job job = submit("p", JobTerms.DEFAULT);
        claim();
        OutputImage image =
                JobRequests.image(0, JobRequests.effective(job.request().plans().get(0), 1f));
        OutputImage slow =
                new OutputImage(0, image.format(), image.filePath(), image.effective(), image.adapters(), 99.5, 0.5);
        store.recordImage(job.id(), 1, slow).await();
        String[] ten = IntStream.range(0, 10).mapToObj(String::valueOf).toArray(String[]::new);
        store.submit(JobRequests.of("a", ten)).await();

        PipelineException refused = refused(ErrorCode.QUEUE_FULL, store.submit(JobRequests.of("a", "x", "y")));

        assertEquals(200, refused.details().get("retry_after_seconds"));
        store.register(new GatewayInfo(
                        store.gatewayId(), "all", List.of("a"), List.of("a"), List.of("cuda:0", "cuda:1")))
                .await();
        PipelineException shared = refused(ErrorCode.QUEUE_FULL, store.submit(JobRequests.of("a", "x", "y")));
        assertEquals(100, shared.details().get("retry_after_seconds"));
    }

    @Test
    void neverHoldsMoreThanItsCapacityHoweverManySubmitAtOnce() {
        List<Future<Submitted>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(store.submit(JobRequests.of("a", "p" + i)));
        }
        Future.join(all).otherwiseEmpty().await();

        assertEquals(10, all.stream().filter(Future::succeeded).count());
        assertEquals(10L, store.snapshot().await().jobs().get(JobState.QUEUED));
    }

    @Test
    void boundsTheShareOfOneOwner() {
        JobTerms anna = JobTerms.DEFAULT.withOwner("anna", 2);
        submit("1", anna);
        submit("2", anna);

        assertEquals(
                2,
                refused(
                                ErrorCode.QUEUE_FULL,
                                store.submit(JobRequests.of("a", "3").on(anna)))
                        .details()
                        .get("capacity"));
        submit("4", JobTerms.DEFAULT.withOwner("bert", 2));
    }

    @Test
    void drawsByPriorityThenOwnerByOwnerThenInOrder() {
        JobTerms anna = JobTerms.DEFAULT.withOwner("anna", null);
        JobTerms bert = JobTerms.DEFAULT.withOwner("bert", null);
        submit("anna 1", anna);
        submit("anna 2", anna);
        submit("anna 3", anna);
        submit("bert 1", bert);
        submit("bert 2", bert);
        submit("low", anna.withPriority(-10));
        submit("high", anna.withPriority(10));
        List<Integer> places = new ArrayList<>();
        store.list(new JobFilter(java.util.Set.of(), null, null, null, 10))
                .await()
                .jobs()
                .forEach(job -> places.add(job.queuePosition()));

        List<String> drawn = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            drawn.add(prompt(claim()));
        }

        assertEquals(List.of("high", "anna 1", "bert 1", "anna 2", "bert 2", "anna 3", "low"), drawn);
        assertEquals(List.of(1, 7, 5, 3, 6, 4, 2), places);
    }

    @Test
    void letsAnOwnerWhoComesLateHaveTheNextTurn() {
        JobTerms anna = JobTerms.DEFAULT.withOwner("anna", null);
        for (int i = 1; i <= 4; i++) {
            submit("anna " + i, anna);
        }
        claim();
        claim();
        submit("bert", JobTerms.DEFAULT.withOwner("bert", null));

        assertEquals("bert", prompt(claim()));
        assertEquals("anna 3", prompt(claim()));
    }

    @Test
    void returnsTheFirstJobForTheSameKeyAndBody() {
        JobTerms terms = JobTerms.DEFAULT.withIdempotency(new Idempotency("k", "body"));
        List<Future<Submitted>> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            all.add(store.submit(JobRequests.of("a", "p").on(terms)));
        }
        Future.join(all).await();

        assertEquals(1, all.stream().filter(one -> !one.result().repeated()).count());
        assertEquals(
                1, all.stream().map(one -> one.result().job().id()).distinct().count());
        String id = all.get(0).result().job().id();
        store.close().await();
        store = TestStores.open(vertx, settings);
        Submitted again = store.submit(JobRequests.of("a", "p").on(terms)).await();
        assertTrue(again.repeated());
        assertEquals(id, again.job().id());
    }

    @Test
    void refusesAKeyForAnotherBodyAndTellsOwnersApart() {
        JobTerms terms = JobTerms.DEFAULT.withIdempotency(new Idempotency("k", "body"));
        Job first = submit("p", terms);

        JobTerms other = JobTerms.DEFAULT.withIdempotency(new Idempotency("k", "other"));
        PipelineException refused = refused(
                ErrorCode.IDEMPOTENCY_CONFLICT,
                store.submit(JobRequests.of("a", "q").on(other)));

        assertEquals(Map.of("request_id", first.id()), refused.details());
        assertFalse(store.submit(JobRequests.of("a", "q").on(other.withOwner("anna", null)))
                .await()
                .repeated());
        store.cancelRequest(first.id()).await();
        store.delete(first.id()).await();
        assertFalse(store.submit(JobRequests.of("a", "q").on(other)).await().repeated());
    }

    @Test
    void endsAJobThatWasNotStartedInTimeAndNoneThatWas() {
        Job late = submit("late", JobTerms.DEFAULT.withExpiresIn(Duration.ZERO).withPriority(10));
        Job patient = submit("patient", JobTerms.DEFAULT.withExpiresIn(Duration.ofHours(1)));

        assertEquals("patient", prompt(claim()));
        store.requeue(patient.id(), 1).await();
        store.sweep().await();

        Job ended = store.find(late.id()).await().orElseThrow();
        assertEquals(JobState.FAILED, ended.state());
        assertEquals(ErrorCode.EXPIRED, ended.error().code());
        assertNull(ended.startedAt());
        assertEquals(
                JobState.QUEUED, store.find(patient.id()).await().orElseThrow().state());
    }

    @Test
    void handsAHeldJobOutOnlyOnceItIsReleased() {
        Job held = submit("p", JobTerms.DEFAULT.withHeldBy(store.gatewayId()));
        assertTrue(store.claim("cpu", MODELS).await().isEmpty());
        store.sweep().await();

        assertTrue(store.release(held.id(), List.of("hash")).await());

        assertEquals(List.of("hash"), claim().adapterHashes());
        assertFalse(store.release(held.id(), List.of("other")).await());
        Job other = submit("q", JobTerms.DEFAULT.withHeldBy(store.gatewayId()));
        assertTrue(store.failHeld(other.id(), new JobError(ErrorCode.LORA_NOT_FOUND, "m", Map.of()))
                .await());
        assertEquals(
                ErrorCode.LORA_NOT_FOUND,
                store.find(other.id()).await().orElseThrow().error().code());
    }

    @Test
    void endsAHeldJobWhoseGatewayIsGone() throws Exception {
        Job held = submit("p", JobTerms.DEFAULT.withHeldBy(store.gatewayId()));
        store.close().await();
        store = TestStores.open(vertx, TestStores.withTimes(settings, Duration.ofMillis(200), Duration.ofHours(1)));

        Job ended = TestStores.until(
                        vertx,
                        () -> store.sweep().compose(swept -> store.find(held.id())),
                        found -> found.orElseThrow().state().isFinal())
                .orElseThrow();

        assertEquals(ErrorCode.HF_TOKEN_LOST, ended.error().code());
        assertTrue(ended.error().message().contains("submit"), ended.error().message());
    }
}
