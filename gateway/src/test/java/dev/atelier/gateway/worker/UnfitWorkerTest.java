package dev.atelier.gateway.worker;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.Eventually;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.storage.TinyDisk;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker whose folders cannot be used. */
@Timeout(120)
class UnfitWorkerTest {
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

    /** Puts a file in a folder's place; returns where the folder is now. */
    private static Path replaceByFile(Path folder) throws IOException {
        Path aside = folder.resolveSibling(folder.getFileName() + ".aside");
        Files.move(folder, aside);
        Files.writeString(folder, "in the way");
        return aside;
    }

    private static void putBack(Path folder, Path aside) throws IOException {
        Files.delete(folder);
        Files.move(aside, folder);
    }

    private Job awaitState(Job job, JobState state) {
        Eventually.holds("state " + state, () -> workshop.find(job).state() == state);
        return workshop.find(job);
    }

    private double counted(String metric) {
        return workshop.metrics
                .scrape()
                .lines()
                .filter(line -> line.startsWith(metric + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1)))
                .sum();
    }

    @ParameterizedTest
    @ValueSource(strings = {"outputs", "downloads"})
    void claimsNothingWhileAFolderIsUnusableAndDoesEveryJobWhenItIsRepaired(String name) throws Exception {
        open().watchFolders().deploy(Device.CPU);
        workshop.await(workshop.submit("m", "before"));
        Path broken = folder.resolve(name);
        Path aside = replaceByFile(broken);
        Eventually.holds("the fault", () -> workshop.fault().isPresent());
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            jobs.add(workshop.submit("m", "p" + i));
        }
        double checks = counted("atelier_store_operations_total{operation=\"claim\",outcome=\"success\"}");
        Eventually.staysTrue(
                "the queue is as it was",
                () -> jobs.stream()
                        .allMatch(job -> workshop.find(job).state() == JobState.QUEUED
                                && workshop.find(job).attempt() == 0));
        assertEquals(
                checks, counted("atelier_store_operations_total{operation=\"claim\",outcome=\"success\"}"), "claims");

        putBack(broken, aside);

        for (Job job : jobs) {
            Job done = workshop.await(job);
            assertEquals(JobState.SUCCEEDED, done.state(), String.valueOf(done.error()));
            assertEquals(1, done.attempt());
        }
    }

    @Test
    void takesNoJobsWhileTheFolderOfTheDatabaseIsMissingAndGoesOnWhenItIsBack() throws Exception {
        open().watchFolders().deploy(Device.CPU);
        workshop.await(workshop.submit("m", "before"));
        Path data = folder.resolve("data");
        Path aside = replaceByFile(data);
        Eventually.holds("the fault", () -> workshop.fault().isPresent());

        PipelineException refused = assertThrows(PipelineException.class, () -> workshop.submit("m", "p"));
        assertEquals(ErrorCode.STORE_UNAVAILABLE, refused.code());

        putBack(data, aside);
        Eventually.holds("the repair", () -> workshop.fault().isEmpty());
        assertEquals(
                JobState.SUCCEEDED,
                workshop.await(workshop.submit("m", "after")).state());
    }

    @Test
    void requeuesTheJobThatItCannotWriteKeepsItsImagesAndGoesOnWhenTheFolderIsRepaired() throws Exception {
        open().watchFolders().deploy(Device.CPU);
        try (Gate gate = new Gate("unfit")) {
            Job job = workshop.submit("m", "one", "{{wait unfit}}", "three");
            gate.awaitDrawing();
            workshop.awaitEvent(job, event -> event.type() == JobEvent.Type.IMAGE);
            Path outputs = folder.resolve("outputs");
            Path aside = replaceByFile(outputs);
            gate.open();

            Job waiting = awaitState(job, JobState.QUEUED);
            assertEquals(1, waiting.images().size(), "the finished image is kept");
            assertEquals(1, counted("atelier_jobs_requeued_total{code=\"STORAGE_UNAVAILABLE\"}"));
            Eventually.staysTrue(
                    "the job waits",
                    () -> workshop.find(job).state() == JobState.QUEUED
                            && workshop.find(job).attempt() == 1);

            putBack(outputs, aside);
            Job done = workshop.await(job);
            assertEquals(JobState.SUCCEEDED, done.state());
            assertEquals(2, done.attempt());
            assertEquals(waiting.images().get(0), done.images().get(0));
            assertEquals(3, done.images().size());
            assertEquals(1, counted("atelier_jobs_finished_total{code=\"none\",model=\"m\",state=\"succeeded\"}"));
            assertEquals(
                    0, counted("atelier_jobs_finished_total{code=\"INTERNAL_ERROR\",model=\"m\",state=\"failed\"}"));
        }
    }

    @Test
    void waitsOnAFullDiskUntilTheImageFits() throws Exception {
        GenerationPlan large =
                new GenerationPlan("p", "", new ImageSize(256, 256), "Default", 1, 1, 1, Profile.REFERENCE);
        try (TinyDisk disk = TinyDisk.mount(folder.resolve("outputs"), 16)) {
            open().watchFolders().deploy(Device.CPU);
            Job job = workshop.store
                    .submit(new JobRequest("m", List.of(large), List.of(), OutputFormat.PNG))
                    .await()
                    .job();

            Eventually.holds("the fault", () -> workshop.fault().isPresent());
            assertEquals(ErrorCode.STORAGE_FULL, workshop.fault().orElseThrow().code());
            awaitState(job, JobState.QUEUED);
            Eventually.staysTrue("the job waits", () -> workshop.find(job).attempt() == 1);

            disk.resize(4096);
            Job done = workshop.await(job);
            assertEquals(JobState.SUCCEEDED, done.state());
            assertEquals(2, done.attempt());
        }
    }

    @Test
    void failsAJobWithTheCauseAfterMaxAttemptsWorkersCouldNotWriteIt() throws Exception {
        open().watchFolders();
        Job job = workshop.submit("m", "p");
        for (String attempt : List.of("", ".2", ".3")) {
            Files.createDirectories(folder.resolve("outputs/" + job.id() + "_output_0" + attempt + ".jpg/occupied"));
        }
        workshop.deploy(Device.CPU);

        Job failed = workshop.await(job);

        assertEquals(3, failed.attempt());
        assertEquals(ErrorCode.STORAGE_UNAVAILABLE, failed.error().code());
        assertTrue(failed.error().message().contains("outputs"), failed.error().message());
        assertTrue(
                !failed.error().message().contains(folder.toString()),
                failed.error().message());
        assertEquals(2, counted("atelier_jobs_requeued_total{code=\"STORAGE_UNAVAILABLE\"}"));
        assertEquals(
                1, counted("atelier_jobs_finished_total{code=\"STORAGE_UNAVAILABLE\",model=\"m\",state=\"failed\"}"));
        assertEquals(
                JobState.SUCCEEDED, workshop.await(workshop.submit("m", "next")).state());
    }

    @Test
    void failsWithStorageFullWhenEveryWorkersDiskIsFull() throws Exception {
        open().deploy(Device.CPU);

        Job failed = workshop.await(workshop.submit("m", "{{fail STORAGE_FULL}}"));

        assertEquals(ErrorCode.STORAGE_FULL, failed.error().code());
        assertEquals(3, failed.attempt());
    }

    @Test
    void requeuesAJobWhoseFailureComesFromTheFileSystem() throws Exception {
        open().deploy(Device.CPU);

        Job failed = workshop.await(workshop.submit("m", "{{unreadable}}"));

        assertEquals(ErrorCode.STORAGE_UNAVAILABLE, failed.error().code());
        assertEquals(3, failed.attempt());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{fail NON_FINITE_OUTPUT}}",
                "{{fail LORA_INVALID}}",
                "{{fail INSUFFICIENT_GPU_MEMORY}}",
                "{{fail CHECKPOINT_INVALID}}",
                "{{truncated}}",
                "{{throw}}"
            })
    void doesNotRequeueAJobThatIsAtFaultItself(String prompt) throws Exception {
        open().watchFolders().deploy(Device.CPU);

        Job failed = workshop.await(workshop.submit("m", prompt));

        assertEquals(JobState.FAILED, failed.state());
        assertEquals(1, failed.attempt());
    }
}
