package dev.atelier.gateway.worker;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DeviceAgentTest {
    @TempDir
    Path folder;

    private Workshop workshop;

    private Workshop open() throws IOException {
        workshop = new Workshop(folder, procedural("m"));
        return workshop;
    }

    @AfterEach
    void close() {
        if (workshop != null) {
            workshop.close();
        }
    }

    @Test
    void drawsAJobIntoFiles() throws Exception {
        open().deploy(Device.CPU);

        Job job = workshop.await(workshop.submit("m", "one", "two"));

        assertEquals(JobState.SUCCEEDED, job.state());
        assertEquals(2, job.images().size());
        for (OutputImage image : job.images()) {
            assertTrue(Files.size(Path.of(image.filePath())) > 0);
            assertEquals(new ImageSize(64, 64), image.effective().size());
            assertEquals(8, image.effective().evaluations());
        }
        assertNotEquals(
                Files.mismatch(
                        Path.of(job.images().get(0).filePath()),
                        Path.of(job.images().get(1).filePath())),
                -1L);
        assertNotNull(job.timings());
        assertTrue(job.timings().cacheHit(), "the model was opened at the start");
        assertEquals("reuse", job.timings().cacheAction());
    }

    @Test
    void drawsOneJobAfterTheOtherInTheOrderOfSubmission() throws Exception {
        open();
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            jobs.add(workshop.submit("m", i % 3 == 0 ? "{{fail LORA_INVALID}}" : "p" + i));
        }
        workshop.deploy(Device.CPU);

        List<Job> ended = new ArrayList<>();
        for (Job job : jobs) {
            ended.add(workshop.await(job));
        }

        for (int i = 1; i < ended.size(); i++) {
            assertFalse(
                    ended.get(i).startedAt().isBefore(ended.get(i - 1).finishedAt()),
                    "job " + i + " began before the one before it ended");
        }
    }

    @Test
    void appliesAdaptersAndTellsSwapsFromReuse() throws Exception {
        open().deploy(Device.CPU);
        AdapterReference one = workshop.adapter("one.safetensors", "1");
        AdapterReference two = workshop.adapter("two.safetensors", "2");

        Job first = workshop.await(workshop.submit("m", List.of(one), "p"));
        Job again = workshop.await(workshop.submit("m", List.of(one), "p"));
        Job other = workshop.await(workshop.submit("m", List.of(two), "p"));

        assertEquals("hot_swap", first.timings().cacheAction());
        assertEquals("reuse", again.timings().cacheAction());
        assertEquals("hot_swap", other.timings().cacheAction());
        assertEquals(64, first.adapterHashes().get(0).length());
        assertEquals("one.safetensors", first.images().get(0).adapters().get(0).name());
        assertEquals(-1, Files.mismatch(file(first), file(again)));
        assertNotEquals(-1, Files.mismatch(file(first), file(other)));
    }

    private static Path file(Job job) {
        return Path.of(job.images().get(0).filePath());
    }

    @Test
    void goesOnAtTheFirstMissingPictureAndLeavesTheOthersFiles() throws Exception {
        open();
        Job job = workshop.submit("m", "one", "two");
        Job former = workshop.store.claim("former", List.of("m")).await().orElseThrow();
        GenerationPlan plan = former.request().plans().get(0);
        EffectiveSettings settled = new EffectiveSettings(plan, new ImageSize(32, 32), 7, List.of(1f, 0f), 3);
        OutputImage drawn = new OutputImage(0, OutputFormat.JPEG, "/former/0.jpg", settled, List.of(), 1, 1);
        workshop.store.recordEffective(job.id(), 1, 0, settled).await();
        workshop.store.recordImage(job.id(), 1, drawn).await();
        EffectiveSettings second =
                new EffectiveSettings(former.request().plans().get(1), new ImageSize(96, 32), 7, List.of(1f, 0f), 3);
        workshop.store.recordEffective(job.id(), 1, 1, second).await();
        workshop.store.requeue(job.id(), 1).await();

        workshop.deploy(Device.CPU);
        Job done = workshop.await(job);

        assertEquals(drawn, done.images().get(0));
        assertEquals(second, done.images().get(1).effective(), "as the first attempt settled it");
        assertTrue(done.images().get(1).filePath().endsWith("_output_1.2.jpg"), "the second attempt's own file");
    }

    @Test
    void answersWhileItDraws() throws Exception {
        open().deploy(Device.CPU);
        try (Gate gate = new Gate("busy")) {
            Job job = workshop.submit("m", "{{wait busy}}");

            gate.awaitDrawing();

            assertEquals(JobState.RUNNING, workshop.find(job).state());
            assertTrue(workshop.metrics.scrape().contains("atelier_running_jobs{device=\"cpu\"} 1.0"));
            gate.open();
            assertEquals(JobState.SUCCEEDED, workshop.await(job).state());
        }
    }

    @Test
    void putsTheJobBackWhenItIsStopped() throws Exception {
        String deployment = open().deploy(Device.CPU);
        try (Gate gate = new Gate("stopped")) {
            Job job = workshop.submit("m", "fine", "{{wait stopped}}");
            gate.awaitDrawing();

            workshop.vertx.undeploy(deployment).await();

            Job waiting = workshop.find(job);
            assertEquals(JobState.QUEUED, waiting.state());
            assertEquals(1, waiting.images().size(), "the finished picture is kept");
            gate.open();
            workshop.deploy(Device.CPU);
            Job done = workshop.await(job);
            assertEquals(JobState.SUCCEEDED, done.state());
            assertEquals(2, done.attempt());
        }
    }

    @Test
    void stopsWithAllOfVertx() throws Exception {
        open().deploy(Device.CPU);
        try (Gate gate = new Gate("closing")) {
            workshop.submit("m", "{{wait closing}}");
            gate.awaitDrawing();

            workshop.vertx.close().await();
        }
    }

    @Test
    void dropsAJobThatTheStoreGaveToSomebodyElse() throws Exception {
        open().deploy(Device.CPU);
        try (Gate gate = new Gate("superseded")) {
            Job job = workshop.submit("m", "{{wait superseded}}");
            gate.awaitDrawing();
            workshop.store.requeue(job.id(), 1).await();
            Job other = workshop.store.claim("other", List.of("m")).await().orElseThrow();
            Job next = workshop.submit("m", "p");

            gate.open();

            assertEquals(JobState.SUCCEEDED, workshop.await(next).state());
            assertEquals(other, workshop.find(job), "nothing was written for the lost attempt");
        }
    }

    @Test
    void drawsOnTwoDevicesAtOnce() throws Exception {
        open();
        workshop.deploy(Device.cuda(0));
        workshop.deploy(Device.cuda(1));
        try (Gate one = new Gate("one");
                Gate two = new Gate("two")) {
            Job first = workshop.submit("m", "{{wait one}}");
            Job second = workshop.submit("m", "{{wait two}}");

            one.awaitDrawing();
            two.awaitDrawing();
            one.open();
            two.open();

            assertEquals(JobState.SUCCEEDED, workshop.await(first).state());
            assertEquals(JobState.SUCCEEDED, workshop.await(second).state());
        }
    }

    @Test
    void leavesTheJobsOfAModelWithoutItsCheckpointInTheQueue() throws Exception {
        workshop = new Workshop(
                folder, procedural("absent").setting("base", "org/x").setting("component", "w"), procedural("m"));
        workshop.deploy(Device.CPU);

        Job waiting = workshop.submit("absent", "p");
        workshop.await(workshop.submit("m", "p"));
        assertEquals(JobState.QUEUED, workshop.find(waiting).state());

        Files.createDirectories(folder.resolve("models/org/x/w"));
        workshop.catalog.refresh();
        assertEquals(JobState.SUCCEEDED, workshop.await(waiting).state());
    }

    @Test
    void closesTheModelThatRestedLongestWhenAnotherNeedsItsRoom() throws Exception {
        workshop = new Workshop(
                folder,
                procedural("a").setting("room", "small"),
                procedural("b").setting("room", "small"));
        workshop.deploy(Device.CPU);

        workshop.await(workshop.submit("a", "p")); // open since the start, and not closed to open the other ahead

        for (String model : List.of("b", "a", "b")) {
            Job job = workshop.await(workshop.submit(model, "p"));
            assertEquals(JobState.SUCCEEDED, job.state());
            assertEquals("fresh_load", job.timings().cacheAction());
            assertFalse(job.timings().cacheHit());
        }

        String scrape = workshop.metrics.scrape();
        assertTrue(scrape.contains("atelier_model_loaded{model=\"b\"} 1.0"), scrape);
        assertTrue(scrape.contains("atelier_model_loaded{model=\"a\"} 0.0"), scrape);
    }

    @Test
    void closesAnotherModelWhenAPictureNeedsItsRoom() throws Exception {
        workshop = new Workshop(folder, procedural("a"), procedural("b").setting("room", "spare"), procedural("c"));
        workshop.deploy(Device.CPU);
        for (String model : List.of("b", "c", "a")) {
            workshop.await(workshop.submit(model, "p"));
        }

        Job job = workshop.await(workshop.submit("a", "{{room spare}}"));

        assertEquals(JobState.SUCCEEDED, job.state());
        String scrape = workshop.metrics.scrape();
        assertTrue(scrape.contains("atelier_model_loaded{model=\"b\"} 0.0"), scrape);
        assertTrue(scrape.contains("atelier_model_loaded{model=\"c\"} 1.0"), scrape);
    }

    @Test
    void countsWhatItDraws() throws Exception {
        open().deploy(Device.CPU);
        workshop.await(workshop.submit("m", "one", "two"));
        workshop.await(workshop.submit("m", "{{fail NON_FINITE_OUTPUT}}"));

        String scrape = workshop.metrics.scrape();
        for (String line : List.of(
                "atelier_images_total{model=\"m\"} 2.0",
                "atelier_jobs_finished_total{code=\"none\",model=\"m\",state=\"succeeded\"} 1.0",
                "atelier_jobs_finished_total{code=\"NON_FINITE_OUTPUT\",model=\"m\",state=\"failed\"} 1.0",
                "atelier_step_seconds_count{model=\"m\",size=\"256\"} 8",
                "atelier_stage_seconds_count{model=\"m\",size=\"256\",stage=\"denoise\"} 2",
                "atelier_stage_seconds_count{model=\"m\",size=\"256\",stage=\"encode_image\"} 2",
                "atelier_stage_seconds_count{model=\"m\",size=\"256\",stage=\"save\"} 2",
                "atelier_queue_wait_seconds_count 2",
                "atelier_model_loaded{model=\"m\"} 1.0",
                "atelier_model_bytes{model=\"m\"} 1.0",
                "atelier_model_load_seconds_count{model=\"m\"} 1")) {
            assertTrue(scrape.lines().anyMatch(line::equals), line);
        }
    }
}
