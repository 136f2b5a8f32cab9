package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.fuzz.FuzzRequest;
import dev.atelier.gateway.fuzz.FuzzRequests;
import dev.atelier.gateway.fuzz.FuzzRun;
import dev.atelier.gateway.http.ApiContract;
import dev.atelier.gateway.http.ContractCheck;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests of all kinds to every operation of the contract, from a seed, to a whole gateway. */
class ApiFuzzTest {
    private static final int REQUESTS = Integer.getInteger("atelier.test.requests", 200);
    private static final long SEED = Long.getLong("atelier.test.seed", 20261124L);
    private static final int CLIENTS = 4;
    private static final long SPARE_BYTES = 32L << 20;

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();

    @Test
    void answersEveryRequestAsTheContractSays() throws Exception {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
        Map<Setting, String> settings = Map.of(Setting.MAX_BODY_BYTES, "200000");
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            FuzzRun run = new FuzzRun(gateway.client().port(), ContractCheck.create(vertx));
            send(run, Math.max(CLIENTS, REQUESTS / 5), 0);
            awaitIdle(gateway);
            long before = usedBytes();

            send(run, REQUESTS, 1);

            awaitIdle(gateway);
            assertEquals(List.of(), run.faults().stream().limit(10).toList(), run + ", seed " + SEED);
            assertTrue(run.right() * 5 >= run.sent(), run + ": a fifth is right");
            assertTrue(run.sent() >= REQUESTS, run.toString());
            assertTrue(run.accepted() >= run.sent() / 20, run + ": jobs were drawn");
            long more = usedBytes() - before;
            assertTrue(more < SPARE_BYTES, run + ": " + more + " bytes more than before");
            assertHealthy(gateway);
        } finally {
            vertx.close().await();
        }
    }

    /** Sends requests from several clients at once. */
    private static void send(FuzzRun run, int count, int round) throws InterruptedException {
        JsonObject contract = ApiContract.read();
        List<Thread> clients = IntStream.range(0, CLIENTS)
                .mapToObj(client -> {
                    FuzzRequests requests = new FuzzRequests(contract, SEED + 1000L * round + client, run::knownId);
                    return new Thread(() -> {
                        for (int i = 0; i < (count + CLIENTS - 1) / CLIENTS; i++) {
                            FuzzRequest request = requests.next();
                            run.send(request);
                        }
                    });
                })
                .toList();
        clients.forEach(Thread::start);
        for (Thread client : clients) {
            client.join();
        }
    }

    private static void awaitIdle(RunningGateway gateway) {
        await(() -> List.of("in_queue", "in_progress").stream()
                .allMatch(status -> gateway.client()
                        .get("/v1/requests?limit=1&status=" + status)
                        .json()
                        .getJsonArray("requests")
                        .isEmpty()));
        await(() -> gateway.client().get("/metrics").bytes().toString().contains("atelier_event_streams 0.0"));
    }

    private static void await(BooleanSupplier condition) {
        Instant end = Instant.now().plus(Duration.ofMinutes(5));
        while (!condition.getAsBoolean()) {
            assertTrue(Instant.now().isBefore(end), "it did not come to rest");
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    private static void assertHealthy(RunningGateway gateway) {
        assertEquals(200, gateway.client().get("/health").status());
        JsonObject request = new JsonObject()
                .put("model", "zimage_turbo")
                .put(
                        "prompts",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("prompt", "after all that")
                                        .put("width", 64)))
                .put("loras", new JsonArray().add(new JsonObject().put("path", "job/my.safetensors")));
        JsonObject result = gateway.await(gateway.submit(request));
        assertEquals("succeeded", result.getString("status"));
        assertFalse(result.getJsonObject("outputs").getJsonArray("images").isEmpty());
    }
}
