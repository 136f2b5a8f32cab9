package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store whose PostgreSQL fails over from one real server to its real standby. */
@Timeout(180)
class FailoverTest {
    private static final Duration WITHIN = Duration.ofSeconds(5);

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private ReplicatedPostgres servers;

    @BeforeEach
    void start() throws Exception {
        servers = new ReplicatedPostgres(folder);
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().await();
        servers.close();
    }

    private JobStore open(String url) {
        return TestStores.open(
                vertx,
                new StoreSettings(folder, Optional.of(url), 256, 3, Duration.ofSeconds(30), Duration.ofHours(1)));
    }

    /** Uses many connections at once, so that the pool holds several. */
    private static void useManyConnections(JobStore store) {
        List<Future<?>> submitted = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            submitted.add(store.submit(JobRequests.of("a", "p" + i)));
        }
        Future.join(submitted).await();
    }

    private Duration untilAccepted(JobStore store) throws Exception {
        long start = System.nanoTime();
        TestStores.until(
                vertx,
                () -> store.submit(JobRequests.of("a", "after"))
                        .map(done -> true)
                        .otherwise(false),
                accepted -> accepted);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static void assertWithin(Duration took) {
        assertTrue(took.compareTo(WITHIN) < 0, "took " + took);
    }

    @Test
    void writesAgainWithinFiveSecondsWhenOldConnectionsStayOnAServerThatIsReadOnlyNow() throws Exception {
        JobStore store = open(servers.url());
        useManyConnections(store);
        Job before = store.submit(JobRequests.of("a", "before")).await().job();

        servers.failOver();

        assertWithin(untilAccepted(store));
        useManyConnections(store);
        assertEquals(
                JobState.QUEUED, store.find(before.id()).await().orElseThrow().state());
        while (!ReplicatedPostgres.text(servers.first, CONNECTIONS).equals("0")) {
            LockSupport.parkNanos(50_000_000); // the last ones are closed in the background
        }
        store.close().await();
    }

    private static final String CONNECTIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atelier'";

    @Test
    void leavesAStandbyThatTheAddressLedToForAMoment() throws Exception {
        JobStore store = open(servers.url());
        useManyConnections(store);
        servers.awaitReplication();
        servers.address.switchTo(servers.second.getPort());
        ReplicatedPostgres.text(
                servers.first,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'atelier'");
        TestStores.until(
                vertx,
                () -> Future.succeededFuture(store.problem()),
                problem -> problem.stream().anyMatch(text -> text.contains("read-only")));

        servers.promoteSecond();

        assertWithin(untilAccepted(store));
        TestStores.until(vertx, () -> Future.succeededFuture(store.problem()), Optional::isEmpty);
        store.close().await();
    }

    @Test
    void writesAgainWithinFiveSecondsWhenTheOldServerAnswersNothingAnyMore() throws Exception {
        JobStore store = open(servers.url());
        useManyConnections(store);
        servers.awaitReplication();

        servers.address.freeze(servers.first.getPort());
        servers.promoteSecond();
        servers.address.switchTo(servers.second.getPort());

        assertWithin(untilAccepted(store));
        store.close().await();
    }

    @Test
    void receivesNotificationsFromTheNewServer() throws Exception {
        JobStore store = open(servers.url());
        store.submit(JobRequests.of("a", "before")).await();
        servers.failOver();
        Vertx elsewhere = Vertx.vertx();
        JobStore other = TestStores.open(
                elsewhere,
                new StoreSettings(
                        folder,
                        Optional.of(ReplicatedPostgres.url("localhost:" + servers.second.getPort())),
                        256,
                        3,
                        Duration.ofSeconds(30),
                        Duration.ofHours(1)));
        Job job = other.submit(JobRequests.of("a", "elsewhere")).await().job();
        CountDownLatch received = new CountDownLatch(1);
        vertx.eventBus()
                .localConsumer(JobStore.cancels(job.id()), message -> received.countDown())
                .completion()
                .await();
        long end = System.nanoTime() + WITHIN.toNanos();
        other.claim("cpu", List.of("a")).await();
        other.claim("cpu", List.of("a")).await();

        while (System.nanoTime() < end && received.getCount() > 0) {
            other.cancelRequest(job.id()).await();
            received.await(100, TimeUnit.MILLISECONDS);
        }

        assertEquals(0, received.getCount(), "the old server's notifications are all that was received");
        other.close().await();
        store.close().await();
        elsewhere.close().await();
    }

    @Test
    void usesThePrimaryOfSeveralServersAndFollowsIt() throws Exception {
        JobStore store = open(servers.bothUrl());
        useManyConnections(store);
        assertEquals("0", ReplicatedPostgres.text(servers.second, CONNECTIONS), "the standby is left alone");

        servers.failOver();

        assertWithin(untilAccepted(store));
        store.close().await();
    }
}
