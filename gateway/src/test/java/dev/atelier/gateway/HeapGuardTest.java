package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeapGuardTest {
    private final Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    private final CountDownLatch ended = new CountDownLatch(1);

    @AfterEach
    void restore() {
        Thread.setDefaultUncaughtExceptionHandler(before);
    }

    private static OutOfMemoryError exhausted() {
        return new OutOfMemoryError("Java heap space");
    }

    private boolean ended() throws InterruptedException {
        return ended.await(20, TimeUnit.SECONDS);
    }

    @Test
    void endsTheProcessForAnEventLoop() throws InterruptedException {
        Vertx vertx = Vertx.vertx();
        HeapGuard.watch(vertx, ended::countDown);
        vertx.runOnContext(here -> {
            throw exhausted();
        });

        assertTrue(ended(), "it goes on");
        vertx.close().await();
    }

    @Test
    void endsTheProcessForAnyThread() throws InterruptedException {
        Vertx vertx = Vertx.vertx();
        HeapGuard.watch(vertx, ended::countDown);
        new Thread(() -> {
                    throw exhausted();
                })
                .start();

        assertTrue(ended(), "it goes on");
        vertx.close().await();
    }

    @Test
    void leavesTheProcessAloneForAnythingElse() throws InterruptedException {
        Vertx vertx = Vertx.vertx();
        HeapGuard.watch(vertx, ended::countDown);
        Thread thread = new Thread(() -> {
            throw new IllegalStateException("a fault, and no more");
        });
        thread.start();
        thread.join();

        assertEquals(1, ended.getCount());
        vertx.close().await();
    }

    @Test
    void leavesTheProcessAloneForAPluginThatOpens(@TempDir Path folder) throws Exception {
        TestPlugin.procedural("greedy").setting("openFailure", "Exhausted").writeTo(folder.resolve("plugins"));
        Foundation foundation = Foundation.lay();
        HeapGuard.watch(foundation.vertx(), ended::countDown);
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of(), foundation)) {
            Await.until(
                    "the end of the start",
                    () -> gateway.client().get("/health/startup").status() == 200);
            assertFalse(gateway.client().get("/v1/plugins").json().encode().contains("started"));
        }
        assertEquals(1, ended.getCount());
    }
}
