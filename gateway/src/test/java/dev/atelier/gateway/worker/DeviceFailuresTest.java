package dev.atelier.gateway.worker;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DeviceFailuresTest {
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

    private static void assertFailed(Job job, ErrorCode code, String message) {
        assertEquals(JobState.FAILED, job.state());
        assertNotNull(job.error());
        assertEquals(code, job.error().code());
        assertTrue(job.error().message().contains(message), job.error().message());
    }

    @Test
    void goesOnAfterEveryKindOfFailure() throws Exception {
        open().deploy(Device.CPU);

        Job named = workshop.await(workshop.submit("m", "fine", "{{fail NON_FINITE_OUTPUT}}"));
        Job unexpected = workshop.await(workshop.submit("m", "{{throw}}"));
        Job fine = workshop.await(workshop.submit("m", "p"));

        assertFailed(named, ErrorCode.NON_FINITE_OUTPUT, "as the prompt asked");
        assertEquals(1, named.images().size(), "the finished picture is kept");
        assertNull(named.timings());
        assertFailed(unexpected, ErrorCode.INTERNAL_ERROR, "something unexpected");
        assertEquals(JobState.SUCCEEDED, fine.state());
    }

    @Test
    void failsAResolutionThatTheModelCannotDraw() throws Exception {
        open().deploy(Device.CPU);
        GenerationPlan plan = new GenerationPlan("p", "", new ImageSize(64, 64), "High", 1, 1, 1, Profile.REFERENCE);

        Job job = workshop.await(workshop.store
                .submit(new JobRequest("m", List.of(plan), List.of(), OutputFormat.JPEG))
                .await()
                .job());

        assertFailed(
                job,
                ErrorCode.INVALID_PARAMETER,
                "Model 'm' does not support resolution='High'. Supported: ['Default']");
    }

    @Test
    void failsAJobWhoseAdapterChangedSinceItWasAccepted() throws Exception {
        open();
        Job job = workshop.submit("m", List.of(workshop.adapter("one.safetensors", "1")), "p");
        AdapterFixture.write(folder.resolve("loras/one.safetensors"), "other content");

        workshop.deploy(Device.CPU);

        assertFailed(workshop.await(job), ErrorCode.LORA_CHANGED, "one.safetensors");
    }

    @Test
    void failsALaterAttemptThatFindsOtherBytesUnderTheSameTime() throws Exception {
        open();
        Job job = workshop.submit("m", List.of(workshop.adapter("one.safetensors", "1")), "p");
        workshop.store.claim("former", List.of("m")).await();
        workshop.store.recordAdapters(job.id(), 1, List.of("0".repeat(64))).await();
        workshop.store.requeue(job.id(), 1).await();

        workshop.deploy(Device.CPU);

        assertFailed(workshop.await(job), ErrorCode.LORA_CHANGED, "one.safetensors");
    }

    @Test
    void failsAJobThatNamesAUrl() throws Exception {
        open().deploy(Device.CPU);

        Job job = workshop.submit(
                "m", List.of(new AdapterReference("https://127.0.0.1:1/x.safetensors", 1, null, null)), "p");

        assertFailed(workshop.await(job), ErrorCode.LORA_URL_NOT_ALLOWED, "");
    }

    @Test
    void endsAJobAsSoonAsItsTimeIsOverAndGoesOnWithTheNext() throws Exception {
        open().limit(Duration.ofSeconds(1)).deploy(Device.CPU);
        try (Gate gate = new Gate("slow")) {
            Job slow = workshop.submit("m", "fine", "{{wait slow}}");
            Job next = workshop.submit("m", "p");

            gate.awaitDrawing();
            Job failed = workshop.await(slow);

            assertFailed(failed, ErrorCode.INFERENCE_TIMEOUT, "Inference timed out after 1 seconds");
            assertEquals(1, failed.images().size());
            assertEquals(JobState.SUCCEEDED, workshop.await(next).state());
        }
    }

    @Test
    void givesADeviceUpWhoseDrawingHeedsNoEnd() throws Exception {
        CompletableFuture<Loss> lost = new CompletableFuture<>();
        open().limit(Duration.ofMillis(300));
        try (Gate gate = new Gate("hang")) {
            Job job = workshop.submit("m", "{{hang hang}}");
            Job next = workshop.submit("m", "p");
            workshop.deploy(Device.CPU, Workshop::alive, lost::complete);
            gate.awaitDrawing();

            assertEquals(Loss.DEVICE, lost.get(20, TimeUnit.SECONDS));
            assertEquals(
                    ErrorCode.INFERENCE_TIMEOUT, workshop.await(job).error().code());
            assertEquals(JobState.QUEUED, workshop.find(next).state());
            assertTrue(workshop.metrics.scrape().contains("atelier_device_lost{device=\"cpu\"} 1.0"));
        }
    }

    @Test
    void endsTheProcessWhenTheHeapIsExhaustedAndLeavesTheJobToBeTakenUpAgain() throws Exception {
        CompletableFuture<Loss> lost = new CompletableFuture<>();
        open();
        Job job = workshop.submit("m", "{{exhaust it}}");

        workshop.deploy(Device.CPU, Workshop::alive, lost::complete);

        assertEquals(Loss.HEAP, lost.get(20, TimeUnit.SECONDS));
        assertEquals(JobState.RUNNING, workshop.find(job).state());
    }

    @Test
    void endsTheProcessAfterPuttingBackTheJobOfADeadDevice() throws Exception {
        CompletableFuture<Loss> lost = new CompletableFuture<>();
        open();
        Job job = workshop.submit("m", "{{throw}}");
        Job next = workshop.submit("m", "p");

        workshop.deploy(Device.cuda(0), Workshop::dead, lost::complete);

        assertEquals(Loss.DEVICE, lost.get(20, TimeUnit.SECONDS));
        assertEquals(JobState.QUEUED, workshop.find(job).state());
        assertEquals(JobState.QUEUED, workshop.find(next).state(), "a dead device takes nothing more");
        assertTrue(workshop.metrics.scrape().contains("atelier_device_lost{device=\"cuda:0\"} 1.0"));
    }

    @Test
    void letsAnotherDeviceDrawOnAfterALossAndPutsBackWhatIsLeftWithoutCountingOne() throws Exception {
        CompletableFuture<Loss> lost = new CompletableFuture<>();
        open();
        DeviceAgent healthy = workshop.agent(Device.CPU, Workshop::alive, loss -> {});
        workshop.vertx.deployVerticle(healthy).await();
        try (Gate first = new Gate("first");
                Gate second = new Gate("second")) {
            Job job = workshop.submit("m", "{{wait first}}", "{{wait second}}");
            first.awaitDrawing();
            workshop.deploy(Device.cuda(0), Workshop::dead, lost::complete);
            workshop.submit("m", "{{throw}}");
            assertEquals(Loss.DEVICE, lost.get(20, TimeUnit.SECONDS));

            Future<Void> drained = healthy.drain();
            first.open();
            second.awaitDrawing();
            assertFalse(drained.isComplete());
            healthy.putBack().await(20, TimeUnit.SECONDS);

            Job left = workshop.find(job);
            assertEquals(JobState.QUEUED, left.state());
            assertEquals(1, left.images().size());
            JobError error = new JobError(ErrorCode.DEVICE_LOST, "m", Map.of());
            for (int attempt = 2; attempt <= 3; attempt++) {
                Job again = workshop.store.claim("x", List.of("m")).await().orElseThrow();
                assertEquals(job.id(), again.id());
                assertEquals(
                        JobState.QUEUED,
                        workshop.store.requeueLost(job.id(), attempt, error).await());
            }
        }
    }

    @Test
    void failsAJobThatKilledThreeDevices() throws Exception {
        open();
        Job job = workshop.submit("m", "{{fail DEVICE_LOST}}");
        for (int i = 0; i < 3; i++) {
            CompletableFuture<Loss> lost = new CompletableFuture<>();
            String deployment = workshop.deploy(Device.CPU, Workshop::alive, lost::complete);
            assertEquals(Loss.DEVICE, lost.get(20, TimeUnit.SECONDS));
            workshop.vertx.undeploy(deployment).await();
        }

        assertFailed(workshop.find(job), ErrorCode.DEVICE_LOST, "as the prompt asked");
    }

    @Test
    void keepsALivingDeviceAfterAFailedJob() throws Exception {
        CompletableFuture<Loss> lost = new CompletableFuture<>();
        open().deploy(Device.cuda(0), Workshop::alive, lost::complete);

        assertFailed(workshop.await(workshop.submit("m", "{{throw}}")), ErrorCode.INTERNAL_ERROR, "");
        assertEquals(
                JobState.SUCCEEDED, workshop.await(workshop.submit("m", "p")).state());
        assertFalse(lost.isDone());
    }

    @Test
    void failsTheJobsOfAModelThatDoesNotOpenAndServesTheOthers() throws Exception {
        workshop = new Workshop(
                folder, procedural("bad").setting("openFailure", "CHECKPOINT_INVALID"), procedural("good"));
        workshop.deploy(Device.CPU);

        assertFailed(workshop.await(workshop.submit("bad", "p")), ErrorCode.CHECKPOINT_INVALID, "does not open");
        assertEquals(
                JobState.SUCCEEDED, workshop.await(workshop.submit("good", "p")).state());
    }
}
