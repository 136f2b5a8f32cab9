package dev.atelier.gateway.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StoreRetryTest {
    private static final int TRIES = 5_000;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void answersAfterAnOutageOfThousandsOfTries() throws Exception {
        AtomicInteger tries = new AtomicInteger();

        Future<String> answer = StoreRetry.whilst(
                vertx,
                () -> tries.incrementAndGet() < TRIES ? Future.failedFuture("away") : Future.succeededFuture("there"),
                (failure, number) -> true,
                1);

        assertEquals("there", answer.await(100, TimeUnit.SECONDS));
        assertEquals(TRIES, tries.get());
    }

    @Test
    void failsWithTheFailureThatItDoesNotGoOnWith() {
        Future<String> answer =
                StoreRetry.whilst(vertx, () -> Future.failedFuture("for good"), (failure, number) -> number < 3, 1);

        assertEquals("for good", assertThrows(Throwable.class, answer::await).getMessage());
    }
}
