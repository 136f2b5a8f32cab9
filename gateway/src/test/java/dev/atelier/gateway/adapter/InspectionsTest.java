package dev.atelier.gateway.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class InspectionsTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final Future<Void> STAYS = Promise.<Void>promise().future();
    private static final InspectedAdapter RESULT = new InspectedAdapter(
            new AdapterInspection(
                    new AdapterReport(
                            "a",
                            1,
                            "form",
                            List.of(),
                            List.of(),
                            List.of(),
                            0,
                            0,
                            AdapterReport.Keys.NONE,
                            AdapterReport.Keys.NONE,
                            Map.of()),
                    null),
            1,
            "sha");

    private final List<Promise<InspectedAdapter>> running = new ArrayList<>();

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private static Inspections bounds(int perClient, int total) {
        return new Inspections(VERTX, new InspectionLimits(perClient, total, Duration.ofMinutes(1)));
    }

    private Future<InspectedAdapter> run(Inspections inspections, String client) {
        Promise<InspectedAdapter> promise = Promise.promise();
        Future<InspectedAdapter> run = inspections.run(client, "https://host.test/a", STAYS, cancellation -> {
            running.add(promise);
            return promise.future();
        });
        return run;
    }

    private static String rejection(Future<InspectedAdapter> inspection) {
        PipelineException failure = assertThrows(PipelineException.class, inspection::await);
        assertEquals(ErrorCode.TOO_MANY_INSPECTIONS, failure.code());
        assertEquals(5, failure.details().get("retry_after_seconds"));
        return failure.getMessage();
    }

    @Test
    void boundsInspectionsPerClientAndInTotal() {
        Inspections inspections = bounds(2, 3);
        run(inspections, "a");
        run(inspections, "a");
        assertTrue(rejection(run(inspections, "a")).contains("MAX_CLIENT_INSPECTIONS"));
        run(inspections, "b");
        assertTrue(rejection(run(inspections, "c")).contains("MAX_INSPECTIONS"));
        assertEquals(3, running.size());

        running.get(0).complete(RESULT);
        run(inspections, "c");
        running.get(1).fail("it failed");
        run(inspections, "a");

        assertEquals(5, running.size());
        assertTrue(rejection(run(inspections, "c")).contains("MAX_INSPECTIONS"));
    }

    @Test
    void freesItsPlaceWhenAnInspectionThrows() {
        Inspections inspections = bounds(1, 1);

        for (int i = 0; i < 3; i++) {
            Future<InspectedAdapter> broken = inspections.run("a", "https://host.test/a", STAYS, cancellation -> {
                throw new IllegalStateException("broken");
            });
            assertThrows(IllegalStateException.class, broken::await);
        }
    }

    private static Future<InspectedAdapter> untilCancelled(Cancellation cancellation) {
        Promise<InspectedAdapter> promise = Promise.promise();
        cancellation.onCancel(() -> promise.fail(new CancellationException("stopped")));
        return promise.future();
    }

    @Test
    void cancelsAnInspectionWhoseTimeIsOverAndSaysSo() {
        Inspections inspections = new Inspections(VERTX, new InspectionLimits(1, 1, Duration.ofMillis(50)));

        PipelineException failure = assertThrows(
                PipelineException.class,
                inspections.run("a", "https://host.test/a?sig=s", STAYS, InspectionsTest::untilCancelled)::await);

        assertEquals(ErrorCode.LORA_DOWNLOAD_FAILED, failure.code());
        assertTrue(failure.getMessage().contains("INSPECTION_TIMEOUT"), failure.getMessage());
        assertFalse(failure.getMessage().contains("sig"), failure.getMessage());
    }

    @Test
    void cancelsAnInspectionWhoseClientHasDisconnected() {
        Inspections inspections = bounds(1, 1);
        Promise<Void> gone = Promise.promise();
        Future<InspectedAdapter> inspection =
                inspections.run("a", "https://host.test/a", gone.future(), InspectionsTest::untilCancelled);
        assertFalse(inspection.isComplete());

        gone.complete();

        assertThrows(CancellationException.class, inspection::await);
        Future<InspectedAdapter> next = run(inspections, "a");
        running.get(0).complete(RESULT);
        assertSame(RESULT, next.await());
    }
}
