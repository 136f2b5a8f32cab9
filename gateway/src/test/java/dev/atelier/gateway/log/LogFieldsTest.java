package dev.atelier.gateway.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The fields of a piece of work follow it, and no other piece has them. */
class LogFieldsTest {
    private final Vertx vertx = Vertx.vertx();
    private final WorkerExecutor executor = vertx.createSharedWorkerExecutor("log-fields", 2);
    private final List<String> seen = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private static LogFields job(String id) {
        return new LogFields("r-" + id, id, null);
    }

    private @Nullable String note(String where) {
        seen.add(where + " " + LogFields.current().jobId());
        return LogFields.current().jobId();
    }

    private Future<Void> work() {
        note("start");
        return executor.<Boolean>executeBlocking(() -> note("blocking") != null, false)
                .compose(done -> {
                    note("future");
                    return vertx.timer(1);
                })
                .compose(done -> {
                    note("timer");
                    return executor.executeBlocking(() -> note("again") != null, true);
                })
                .onComplete(done -> note("end"))
                .mapEmpty();
    }

    @Test
    void followThroughFuturesTimersAndExecutors() {
        Promise<Void> done = Promise.promise();
        vertx.getOrCreateContext()
                .runOnContext(here -> job("j").during(this::work).onComplete(done));
        done.future().await();

        assertEquals(List.of("start j", "blocking j", "future j", "timer j", "again j", "end j"), List.copyOf(seen));
    }

    @Test
    void keepApartWhatHappensAtTheSameTime() {
        Promise<Void> done = Promise.promise();
        vertx.getOrCreateContext().runOnContext(here -> {
            Future<Void> first = job("a").during(this::work);
            note("between");
            Future<Void> second = job("b").during(this::work);
            Future.join(first, second).<Void>mapEmpty().onComplete(done);
        });
        done.future().await();

        assertEquals(6, seen.stream().filter(line -> line.endsWith(" a")).count());
        assertEquals(6, seen.stream().filter(line -> line.endsWith(" b")).count());
        assertEquals(
                List.of("between null"),
                seen.stream().filter(line -> line.endsWith("null")).toList());
    }

    @Test
    void staysOnAThreadOnlyForAsLongAsTheWork() throws Exception {
        assertEquals("j", job("j").onThread(() -> LogFields.current().jobId()));

        assertNull(LogFields.current().jobId());
    }
}
