package dev.atelier.gateway.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.Eventually;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobProgress;
import dev.atelier.gateway.job.JobRequests;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.plugin.Stage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reports that come late, repeat or contradict each other. */
@Timeout(60)
class ProgressReportTest {
    private static final int STEPS = 4;
    private static final Map<String, Object> NOTHING = Map.of();

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private JobStore store;
    private Job job;
    private ProgressReport report;

    @BeforeEach
    void claim() {
        store = JobStore.open(vertx, folder).await();
        store.submit(JobRequests.of("m", "one", "two", "three")).await();
        job = store.claim("cpu", List.of("m")).await().orElseThrow();
        assertEquals(STEPS, job.request().plans().get(0).steps());
        report = new ProgressReport(vertx, job, store, new JobCancellation());
    }

    @AfterEach
    void close() {
        store.close().await();
        vertx.close().await();
    }

    /** Reports on the attempt's event loop, one after the other with each stored by itself. */
    private void report(Runnable... reports) {
        for (Runnable next : reports) {
            Promise<Void> stored = Promise.promise();
            context.runOnContext(here -> {
                next.run();
                report.storeWith(drafts -> drafts.isEmpty()
                                ? Future.succeededFuture(false)
                                : store.recordProgress(job.id(), 1, progressOf(drafts), drafts))
                        .<Void>mapEmpty()
                        .onComplete(stored);
            });
            stored.future().await();
        }
    }

    private static JobProgress progressOf(List<JobEvent.Draft> drafts) {
        Map<String, Object> data = drafts.get(drafts.size() - 1).data();
        return new JobProgress(
                (Integer) data.get("image"),
                (Integer) data.get("images"),
                (String) data.get("stage"),
                (Integer) data.getOrDefault("step", 0),
                (Integer) data.get("steps"),
                (Double) data.get("eta_seconds"));
    }

    private Runnable stage(int image, Stage stage) {
        return () -> report.stage(image, stage, NOTHING);
    }

    private Runnable step(int image, int step, double seconds) {
        return () -> report.step(image, step, STEPS, seconds, NOTHING);
    }

    private List<JobEvent> told() {
        return store.events(job.id(), 0, 1000).await().stream()
                .filter(event -> event.type() == JobEvent.Type.STAGE || event.type() == JobEvent.Type.STEP)
                .toList();
    }

    private static String position(JobEvent event) {
        Object step = event.data().get("step");
        return event.data().get("image") + " " + event.data().get("stage") + (step == null ? "" : " " + step);
    }

    private List<String> positions() {
        return told().stream().map(ProgressReportTest::position).toList();
    }

    private List<Double> etas() {
        return told().stream()
                .map(event -> event.data().get("eta_seconds"))
                .filter(Double.class::isInstance)
                .map(Double.class::cast)
                .toList();
    }

    @Test
    void dropsStepsAndStagesThatAreLateOrRepeated() {
        report(
                stage(0, Stage.TEXT_ENCODE),
                stage(0, Stage.LOAD_ADAPTERS),
                stage(0, Stage.TEXT_ENCODE),
                stage(0, Stage.DENOISE),
                step(0, 1, 1),
                step(0, 2, 1),
                step(0, 1, 1),
                step(0, 2, 1),
                stage(0, Stage.TEXT_ENCODE),
                step(0, 9, 1),
                step(0, 3, 1),
                stage(0, Stage.VAE_DECODE),
                step(0, 4, 1),
                stage(1, Stage.TEXT_ENCODE),
                stage(0, Stage.VAE_DECODE),
                step(0, 4, 1),
                step(1, 1, 1));

        assertEquals(
                List.of(
                        "0 text_encode",
                        "0 denoise",
                        "0 denoise 1",
                        "0 denoise 2",
                        "0 denoise 3",
                        "0 vae_decode",
                        "1 text_encode",
                        "1 denoise 1"),
                positions());
    }

    @Test
    void startsAnImageAgainWithoutGoingBackwards() {
        report(
                stage(0, Stage.LOAD_ADAPTERS),
                stage(0, Stage.DENOISE),
                step(0, 1, 1),
                step(0, 2, 1),
                // the pipeline was short of memory, and generates the image from the start
                stage(0, Stage.LOAD_ADAPTERS),
                stage(0, Stage.DENOISE),
                step(0, 1, 1),
                step(0, 2, 1),
                step(0, 3, 1),
                step(0, 4, 1));

        assertEquals(
                List.of("0 load_adapters", "0 denoise", "0 denoise 1", "0 denoise 2", "0 denoise 3", "0 denoise 4"),
                positions());
    }

    @Test
    void keepsTheStepAndTheEstimateInTheStageAfterTheSteps() {
        context.runOnContext(
                here -> List.of(stage(0, Stage.DENOISE), step(0, 1, 2), step(0, 4, 2), stage(0, Stage.VAE_DECODE))
                        .forEach(Runnable::run));

        Eventually.holds(
                "the stage",
                () -> String.valueOf(store.find(job.id()).await().orElseThrow().progress())
                        .contains("vae_decode"));

        assertEquals(
                new JobProgress(0, 3, "vae_decode", STEPS, STEPS, 16.0),
                store.find(job.id()).await().orElseThrow().progress());
    }

    @Test
    void neverRaisesTheEstimateWhenStepsGetSlower() {
        report(
                stage(0, Stage.DENOISE),
                step(0, 1, 1),
                step(0, 2, 30),
                step(0, 3, 60),
                stage(1, Stage.DENOISE),
                step(1, 1, 0.1),
                step(1, 2, 90));

        List<Double> etas = etas();
        assertEquals(6, etas.size());
        for (int i = 1; i < etas.size(); i++) {
            assertTrue(etas.get(i) <= etas.get(i - 1), etas.toString());
        }
    }

    @Test
    void tellsOfTheBytesOfADownloadOnlyWhenTheyGrow() {
        List<Runnable> reports = new ArrayList<>();
        for (long bytes : List.of(100L, 500L, 0L, 300L, 500L, 900L)) {
            reports.add(() -> report.stage(0, Stage.LOAD_ADAPTERS, Map.of("bytes", bytes)));
        }
        reports.add(stage(0, Stage.DENOISE));
        reports.add(() -> report.stage(0, Stage.LOAD_ADAPTERS, Map.of("bytes", 1000L)));
        report(reports.toArray(Runnable[]::new));

        assertEquals(
                List.of("100", "500", "900"),
                told().stream()
                        .filter(event -> event.data().containsKey("bytes"))
                        .map(event -> String.valueOf(event.data().get("bytes")))
                        .toList());
        assertEquals("0 denoise", positions().get(positions().size() - 1));
    }

    @Test
    void neverGoesBackwardsWhateverIsReported() {
        Random random = new Random(7);
        List<Runnable> reports = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            int image = Math.min(2, random.nextInt(1 + i / 100 + 1));
            reports.add(
                    random.nextBoolean()
                            ? stage(image, Stage.values()[random.nextInt(4)])
                            : step(image, random.nextInt(7) - 1, random.nextDouble()));
        }
        report(reports.toArray(Runnable[]::new));

        List<JobEvent> told = told();
        assertTrue(told.size() > 5, positions().toString());
        long before = -1;
        double eta = Double.MAX_VALUE;
        int step = 0;
        int image = 0;
        for (JobEvent event : told) {
            int now = (Integer) event.data().get("image");
            step = now == image ? step : 0;
            image = now;
            if (event.data().get("step") instanceof Integer reported) {
                assertTrue(reported >= step, positions().toString());
                step = reported;
            }
            Stage stage =
                    Stage.valueOf(String.valueOf(event.data().get("stage")).toUpperCase(Locale.ROOT));
            long position = 100L * image + 10 * stage.ordinal() + step;
            assertTrue(position >= before, positions().toString());
            before = position;
            if (event.data().get("eta_seconds") instanceof Double left) {
                assertTrue(left <= eta, etas().toString());
                eta = left;
            }
        }
    }

    @Test
    void storesNoProgressBesideAnImageThatIsBeingStored() throws Exception {
        Promise<Void> storing = Promise.promise();
        List<Integer> drafts = new ArrayList<>();
        Promise<Boolean> second = Promise.promise();
        context.runOnContext(here -> {
            report.stage(0, Stage.DENOISE, NOTHING);
            report.storeWith(taken -> {
                drafts.add(taken.size());
                return storing.future();
            });
            report.step(0, 1, STEPS, 1, NOTHING);
            report.storeWith(taken -> {
                        drafts.add(taken.size());
                        return Future.succeededFuture(storing.future().isComplete());
                    })
                    .onComplete(second);
        });
        vertx.timer(500, TimeUnit.MILLISECONDS).await();
        assertEquals(List.of(1), drafts);
        assertNull(store.find(job.id()).await().orElseThrow().progress(), "nothing overtakes the image");

        storing.complete();

        assertTrue(second.future().await(20, TimeUnit.SECONDS), "one after the other");
        assertEquals(List.of(1, 1), drafts);
    }
}
