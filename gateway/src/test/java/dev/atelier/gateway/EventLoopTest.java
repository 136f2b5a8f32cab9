package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.fuzz.FuzzRequests;
import dev.atelier.gateway.fuzz.FuzzRun;
import dev.atelier.gateway.http.ApiContract;
import dev.atelier.gateway.http.ContractCheck;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.gateway.tracing.Tracing;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No event loop waits for a database, a file, a lock or native code while requests of all kinds come in. */
@Timeout(600)
class EventLoopTest {
    private static final int REQUESTS = Integer.getInteger("atelier.test.requests", 200);
    private static final int CLIENTS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private static Foundation foundation() {
        GatewayMetrics metrics = new GatewayMetrics();
        VertxOptions options = LoopWatch.options().setMetricsOptions(metrics.vertxOptions());
        Vertx vertx = Vertx.builder()
                .with(options)
                .withMetrics(metrics.vertxFactory())
                .build();
        return new Foundation(metrics, Tracing.OFF, vertx, CompletableFuture.supplyAsync(ApiContract::read));
    }

    @Test
    void waitForNothingWhileRequestsOfAllKindsComeIn() throws Exception {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
        Foundation foundation = foundation();
        LoopWatch watch = new LoopWatch(foundation.vertx());
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of(), foundation)) {
            FuzzRun run = new FuzzRun(gateway.client().port(), ContractCheck.create(foundation.vertx()));
            send(run, 100, 1); // classes are loaded where they are first used
            watch.begin();

            send(run, REQUESTS, 2);

            assertEquals(List.of(), watch.seen().stream().limit(3).toList(), run.toString());
            assertTrue(run.accepted() > 0, run.toString());
        }
    }

    private static void send(FuzzRun run, int count, long seed) throws InterruptedException {
        JsonObject contract = ApiContract.read();
        List<Thread> clients = IntStream.range(0, CLIENTS)
                .mapToObj(client -> {
                    FuzzRequests requests = new FuzzRequests(contract, 100 * seed + client, run::knownId);
                    return new Thread(
                            () -> IntStream.range(0, count / CLIENTS).forEach(i -> run.send(requests.next())));
                })
                .toList();
        clients.forEach(Thread::start);
        for (Thread client : clients) {
            client.join();
        }
    }

    /** What an event loop must not do. */
    private enum Sin {
        SLEEP {
            @Override
            void commit(Path folder) throws Exception {
                Thread.sleep(400);
            }
        },
        LOCK {
            @Override
            void commit(Path folder) throws Exception {
                ReentrantLock lock = new ReentrantLock();
                CountDownLatch held = new CountDownLatch(1);
                new Thread(() -> {
                            lock.lock();
                            held.countDown();
                            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400));
                            lock.unlock();
                        })
                        .start();
                held.await();
                lock.lock();
                lock.unlock();
            }
        },
        MONITOR {
            @Override
            void commit(Path folder) throws Exception {
                Object monitor = new Object();
                CountDownLatch held = new CountDownLatch(1);
                new Thread(() -> {
                            synchronized (monitor) {
                                held.countDown();
                                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400));
                            }
                        })
                        .start();
                held.await();
                synchronized (monitor) {
                    held.countDown();
                }
            }
        },
        FILE {
            @Override
            void commit(Path folder) throws IOException {
                Path file = Files.write(folder.resolve("file"), new byte[1 << 22]);
                byte[] bytes = new byte[1 << 22];
                long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(600);
                while (System.nanoTime() < end) {
                    try (InputStream in = new FileInputStream(file.toFile())) {
                        while (in.read(bytes) > 0) {
                            bytes[0]++;
                        }
                    }
                }
            }
        },
        DATABASE {
            @Override
            void commit(Path folder) throws Exception {
                try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
                        Statement statement = connection.createStatement()) {
                    statement
                            .executeQuery("WITH RECURSIVE count(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM count"
                                    + " WHERE x < 4000000) SELECT sum(x) FROM count")
                            .close();
                }
            }
        };

        abstract void commit(Path folder) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void areSeenWhenTheyWait(Sin sin) {
        Vertx vertx = Vertx.vertx(LoopWatch.options());
        LoopWatch watch = new LoopWatch(vertx);
        watch.begin();
        vertx.runOnContext(here -> {
            try {
                sin.commit(folder);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });

        Instant end = Instant.now().plus(PATIENCE);
        while (watch.seen().isEmpty() && Instant.now().isBefore(end)) {
            LockSupport.parkNanos(5_000_000);
        }
        vertx.close().await();

        assertTrue(!watch.seen().isEmpty(), sin + " was not seen");
    }

    @Test
    void areNotSeenWhenTheyOnlyCompute() {
        Vertx vertx = Vertx.vertx(LoopWatch.options());
        LoopWatch watch = new LoopWatch(vertx);
        watch.begin();
        CompletableFuture<Long> computed = new CompletableFuture<>();
        vertx.runOnContext(here -> {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
            long rounds = 0;
            while (System.nanoTime() < end) {
                rounds++;
            }
            computed.complete(rounds);
        });

        assertTrue(computed.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join() > 0);
        vertx.close().await();
        assertEquals(List.of(), watch.seen());
    }
}
