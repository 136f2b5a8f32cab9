package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways over one PostgreSQL. */
class SharedStoreTest {
    private static final List<String> MODELS = List.of("a");
    private static final Duration LEASE = Duration.ofMillis(600);

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final Vertx otherVertx = Vertx.vertx();
    private StoreSettings settings;
    private JobStore store;
    private JobStore other;

    @BeforeEach
    void open() {
        settings = TestStores.withTimes(TestStores.settings(Dialect.POSTGRESQL, folder), LEASE, Duration.ofHours(1));
        store = TestStores.open(vertx, settings);
        other = TestStores.open(otherVertx, settings);
    }

    @AfterEach
    void close() {
        store.close().await();
        other.close().await();
        vertx.close().await();
        otherVertx.close().await();
    }

    private Job submit(String prompt) {
        return store.submit(JobRequests.of("a", prompt)).await().job();
    }

    private static GatewayInfo info(JobStore store, String... models) {
        return new GatewayInfo(store.gatewayId(), "all", List.of(models), List.of(models), List.of("cpu"));
    }

    private CountDownLatch told(Vertx where, String address) {
        CountDownLatch told = new CountDownLatch(1);
        where.eventBus()
                .localConsumer(address, message -> told.countDown())
                .completion()
                .await();
        return told;
    }

    @Test
    void handsEachJobToOneDeviceHoweverManyGatewaysAsk() {
        for (int i = 0; i < 30; i++) {
            submit("p" + i);
        }
        List<Future<Optional<Job>>> claims = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            claims.add((i % 2 == 0 ? store : other).claim("device " + i, MODELS));
        }
        Future.join(claims).await();
        List<String> ids = claims.stream()
                .flatMap(claim -> claim.result().stream())
                .map(Job::id)
                .toList();

        assertEquals(ids.size(), new HashSet<>(ids).size());
        assertTrue(ids.size() >= 20, "a claim may find the next one locked, but not most of them: " + ids.size());
        int left = 30 - ids.size();
        for (int i = 0; i < left; i++) {
            assertTrue(other.claim("late", MODELS).await().isPresent());
        }
    }

    @Test
    void tellsTheOtherGatewayOfJobsEventsAndCancels() throws InterruptedException {
        CountDownLatch queued = told(otherVertx, JobStore.WAKE_UP);
        Job job = submit("p");
        CountDownLatch changed = told(otherVertx, JobStore.changes(job.id()));
        CountDownLatch canceled = told(vertx, JobStore.cancels(job.id()));

        store.claim("cpu", MODELS).await();
        other.cancelRequest(job.id()).await();

        assertTrue(queued.await(10, TimeUnit.SECONDS));
        assertTrue(changed.await(10, TimeUnit.SECONDS));
        assertTrue(canceled.await(10, TimeUnit.SECONDS));
        assertTrue(store.renew(job.id(), 1).await());
    }

    @Test
    void takesAJobBackWhoseWorkerSaysNothingAndFencesTheLateWorker() throws Exception {
        Job job = submit("p");
        store.claim("cpu", MODELS).await();
        other.sweep().await();
        assertEquals(
                JobState.RUNNING, other.find(job.id()).await().orElseThrow().state(), "its lease is good");

        TestStores.until(
                otherVertx,
                () -> other.sweep().compose(swept -> other.find(job.id())),
                found -> found.orElseThrow().state() == JobState.QUEUED);

        assertThrows(StaleAttemptException.class, () -> store.renew(job.id(), 1).await());
        assertEquals(2, other.claim("cpu", MODELS).await().orElseThrow().attempt());
        assertThrows(
                StaleAttemptException.class,
                () -> store.succeed(job.id(), 1, new JobTimings(0, true, "reuse", 1))
                        .await());
    }

    @Test
    void keepsAJobWhoseWorkerRenewsItsLease() {
        Job job = submit("p");
        store.claim("cpu", MODELS).await();
        long end = System.nanoTime() + LEASE.multipliedBy(3).toNanos();

        while (System.nanoTime() < end) {
            assertFalse(store.renew(job.id(), 1).await());
            other.sweep().await();
        }

        assertEquals(1, store.find(job.id()).await().orElseThrow().attempt());
        assertEquals(
                JobState.RUNNING, store.find(job.id()).await().orElseThrow().state());
    }

    @Test
    void failsAJobThatLostItsWorkersTooOften() throws Exception {
        Job job = submit("p");
        for (int attempt = 1; attempt <= 3; attempt++) {
            assertTrue(store.claim("cpu", MODELS).await().isPresent());
            TestStores.until(
                    otherVertx,
                    () -> other.sweep().compose(swept -> other.find(job.id())),
                    found -> found.orElseThrow().state() != JobState.RUNNING);
        }

        Job failed = store.find(job.id()).await().orElseThrow();
        assertEquals(JobState.FAILED, failed.state());
        assertEquals(ErrorCode.WORKER_LOST, failed.error().code());
        assertTrue(failed.error().message().contains("3"), failed.error().message());
    }

    @Test
    void knowsWhoIsThere() throws Exception {
        store.register(info(store, "a")).await();
        other.register(info(other, "b")).await();

        assertEquals(List.of(info(store, "a"), info(other, "b")), other.gateways());
        TestStores.until(
                vertx,
                () -> store.register(info(store, "a")).map(done -> store.gateways()),
                there -> there.equals(List.of(info(store, "a"))));
        other.register(info(other, "b")).await();
        other.leave().await();
        store.register(info(store, "a")).await();
        assertEquals(1, store.gateways().size());
    }

    @Test
    void endsTheJobsOfAModelThatWasTakenAwayUnlessAnotherGatewayHasIt() {
        Job job = submit("p");
        store.register(info(store, "a")).await();
        other.register(info(other, "a")).await();
        assertEquals(0, store.abandon("a").await());

        other.leave().await();

        assertEquals(1, store.abandon("a").await());
        assertEquals(
                ErrorCode.MODEL_NOT_AVAILABLE,
                store.find(job.id()).await().orElseThrow().error().code());
    }

    @Test
    void takesNothingBackBeforeItHasBeenThereForALease() {
        JobStore gone = TestStores.open(
                otherVertx, TestStores.withTimes(settings, Duration.ofNanos(1000), Duration.ofHours(1)));
        Job job = submit("p");
        gone.claim("cpu", MODELS).await();
        Job held = gone.submit(JobRequests.of("a", "q").on(JobTerms.DEFAULT.withHeldBy(gone.gatewayId())))
                .await()
                .job();
        JobStore started =
                TestStores.open(vertx, TestStores.withTimes(settings, Duration.ofHours(1), Duration.ofHours(1)));

        started.sweep().await();
        started.sweep().await();

        assertEquals(
                JobState.RUNNING, store.find(job.id()).await().orElseThrow().state());
        assertEquals(
                JobState.QUEUED, store.find(held.id()).await().orElseThrow().state());
        gone.close().await();
        started.close().await();
    }

    @Test
    void leavesNoConnectionIdleInATransactionAndWaitsForNoLockForEver() throws IOException {
        try (Database database = Database.open(settings, "g")) {
            assertEquals(
                    List.of("10s", "5s"),
                    database.read(handle -> List.of(
                            handle.select("SHOW idle_in_transaction_session_timeout")
                                    .mapTo(String.class)
                                    .one(),
                            handle.select("SHOW lock_timeout")
                                    .mapTo(String.class)
                                    .one())));
        }
    }

    @Test
    void letsSubmissionsPassWhileSomebodyKeepsTheQueueToHimself() throws IOException {
        try (Database stopped = Database.open(settings, "g")) {
            PipelineException refused = stopped.change(transaction -> {
                transaction.lockQueue();
                return assertThrows(PipelineException.class, () -> submit("p"));
            });

            assertEquals(ErrorCode.STORE_UNAVAILABLE, refused.code());
            assertEquals("55P03", sqlState(refused));
        }
        submit("p");
    }

    private static String sqlState(Throwable failure) {
        Throwable cause = failure;
        while (!(cause instanceof SQLException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof SQLException sql ? sql.getSQLState() : cause.toString();
    }

    @Test
    void countsAConnectionThatWasEndedInATransactionAsAFailureOfTheDatabase() {
        PipelineException ended = assertThrows(
                PipelineException.class,
                () -> StoreFailures.named(() -> {
                    throw new IllegalStateException(new SQLException("ended", "25P03"));
                }));

        assertEquals(ErrorCode.STORE_UNAVAILABLE, ended.code());
    }

    @Test
    void doesNotStartOnADatabaseThatIsNotThereAndDoesNotShowThePassword() {
        StoreSettings wrong = new StoreSettings(
                folder,
                Optional.of("postgresql://postgres:s3cret@localhost:1/none"),
                256,
                3,
                LEASE,
                Duration.ofHours(1));

        IOException refused = assertThrows(
                IOException.class,
                () -> JobStore.open(vertx, wrong, (operation, succeeded) -> {}).await());

        assertTrue(refused.getMessage().contains("localhost:1/none"), refused.getMessage());
        assertFalse(refused.getMessage().contains("s3cret"), refused.getMessage());
    }
}
