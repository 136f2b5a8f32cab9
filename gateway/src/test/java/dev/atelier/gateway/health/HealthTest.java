package dev.atelier.gateway.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.metrics.GatewayMetrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static final Duration SOON = Duration.ofMillis(20);

    private final Vertx vertx = Vertx.vertx();
    private final GatewayMetrics metrics = new GatewayMetrics();
    private final Health health = new Health(metrics, SOON, Duration.ofMillis(200));

    @AfterEach
    void stop() {
        vertx.close().await();
        metrics.close();
    }

    private Check check(String name) {
        return health.readiness().stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void await(String name, String problem) throws Exception {
        until(() -> problem.equals(String.valueOf(check(name).problem())))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    private Future<Void> until(java.util.function.BooleanSupplier condition) {
        return condition.getAsBoolean()
                ? Future.succeededFuture()
                : vertx.timer(5, TimeUnit.MILLISECONDS).compose(elapsed -> until(condition));
    }

    @Test
    void isNotReadyBeforeTheFirstLook() {
        health.watch(vertx, "slow", () -> Promise.<Optional<String>>promise().future());

        assertFalse(check("slow").ok());
        assertTrue(metrics.scrape().contains("atelier_ready{check=\"slow\"} 0.0"), metrics.scrape());
    }

    @Test
    void followsWhatItWatches() throws Exception {
        AtomicReference<Optional<String>> problem = new AtomicReference<>(Optional.empty());
        health.watch(vertx, "thing", () -> Future.succeededFuture(problem.get()));
        await("thing", "null");
        assertTrue(metrics.scrape().contains("atelier_ready{check=\"thing\"} 1.0"), "metric");

        problem.set(Optional.of("it is away"));
        await("thing", "it is away");
        problem.set(Optional.empty());
        await("thing", "null");
    }

    @Test
    void takesAFailedOrThrowingLookForAProblemAndLooksAgain() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        health.watch(vertx, "thing", () -> switch (looks.getAndIncrement()) {
            case 0 -> Future.failedFuture("no connection");
            case 1 -> throw new IllegalStateException("broken");
            default -> Future.succeededFuture(Optional.empty());
        });

        await("thing", "null");
        assertTrue(looks.get() > 2, looks + " looks");
    }

    @Test
    void saysSoWhenALookDoesNotEndAndRecoversWhenItDoes() throws Exception {
        Promise<Optional<String>> stuck = Promise.promise();
        AtomicReference<Future<Optional<String>>> answer =
                new AtomicReference<>(Future.succeededFuture(Optional.empty()));
        AtomicInteger looks = new AtomicInteger();
        health.watch(vertx, "thing", () -> {
            looks.incrementAndGet();
            return answer.get();
        });
        await("thing", "null");
        answer.set(stuck.future());

        await("thing", "it does not answer within 200 ms");
        int asked = looks.get();
        answer.set(Future.succeededFuture(Optional.empty()));
        stuck.complete(Optional.empty());
        await("thing", "null");
        assertTrue(looks.get() >= asked, "a stuck look is not asked again before it ends");
    }

    @Test
    void asksWhatTheStartWaitsForWheneverItIsAsked() {
        assertEquals(List.of("the gateway"), health.starting());
        List<String> waiting = new CopyOnWriteArrayList<>(List.of("one", "other"));
        health.starting(() -> List.copyOf(waiting));

        waiting.remove("one");
        assertEquals(List.of("other"), health.starting());
        waiting.remove("other");
        assertEquals(List.of(), health.starting());
    }

    @Test
    void failsTheDrainingCheckAtOnce() {
        assertTrue(check(Health.DRAINING).ok());
        health.drain();
        assertFalse(check(Health.DRAINING).ok());
    }
}
