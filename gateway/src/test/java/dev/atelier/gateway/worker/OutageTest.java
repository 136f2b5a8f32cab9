package dev.atelier.gateway.worker;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.gateway.adapter.remote.RemoteFixture;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.ReplicatedPostgres;
import dev.atelier.gateway.job.StoreSettings;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A device whose jobs are asked to stop, and one whose database goes away, while it draws. */
@Timeout(120)
class OutageTest {
    @TempDir
    Path folder;

    private EmbeddedPostgres start(int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve("postgres"))
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    private StoreSettings settings(String url) {
        return new StoreSettings(folder, Optional.of(url), 256, 3, Duration.ofSeconds(30), Duration.ofHours(1));
    }

    private Workshop workshop(int port) throws IOException {
        return new Workshop(
                folder,
                settings("postgresql://postgres:postgres@localhost:" + port + "/postgres"),
                vertx -> RemoteFixture.closed(vertx, folder.resolve("downloads")),
                procedural("m"));
    }

    private static void awaitAnswer(Workshop workshop, Job job) {
        while (!workshop.store
                .find(job.id())
                .map(found -> true)
                .otherwise(false)
                .await()) {
            LockSupport.parkNanos(10_000_000);
        }
    }

    @Disabled("ends with one image of three missing in about every second run; the cause is not known yet")
    @Test
    void keepsAJobInFlightThroughAFailoverToAnotherServer() throws Exception {
        try (ReplicatedPostgres servers = new ReplicatedPostgres(folder.resolve("servers"));
                Workshop workshop = new Workshop(
                        folder,
                        settings(servers.url()),
                        vertx -> RemoteFixture.closed(vertx, folder.resolve("downloads")),
                        procedural("m"));
                Gate gate = new Gate("failover")) {
            workshop.deploy(Device.CPU);
            Job job = workshop.submit("m", "one", "{{wait failover}}", "three");
            gate.awaitDrawing();
            workshop.awaitEvent(job, event -> event.type() == JobEvent.Type.IMAGE);

            servers.failOver();
            gate.open();
            awaitAnswer(workshop, job);

            Job done = workshop.await(job);
            assertEquals(JobState.SUCCEEDED, done.state());
            assertEquals(1, done.attempt());
            assertEquals(
                    List.of(0, 1, 2),
                    done.images().stream().map(image -> image.index()).toList());
            workshop.store.close().await();
        }
    }

    @Test
    void drawsOnWhileTheDatabaseIsAwayAndWritesItWhenItIsBack() throws Exception {
        EmbeddedPostgres first = start(0);
        int port = first.getPort();
        try (Workshop workshop = workshop(port);
                Gate gate = new Gate("outage")) {
            workshop.deploy(Device.CPU);
            Job job = workshop.submit("m", "one", "{{wait outage}}", "three");
            gate.awaitDrawing();
            workshop.awaitEvent(job, event -> event.type() == JobEvent.Type.IMAGE);

            first.close();
            PipelineException away = assertThrows(PipelineException.class, () -> workshop.submit("m", "p"));
            assertEquals(ErrorCode.STORE_UNAVAILABLE, away.code());
            gate.open();
            Path drawn = folder.resolve("outputs").resolve(job.id() + "_output_1.jpg");
            while (Files.notExists(drawn)) {
                LockSupport.parkNanos(10_000_000);
            }

            try (EmbeddedPostgres again = start(port)) {
                assertEquals(port, again.getPort());
                awaitAnswer(workshop, job);
                Job done = workshop.await(job);
                assertEquals(JobState.SUCCEEDED, done.state());
                assertEquals(1, done.attempt());
                assertEquals(3, done.images().size());
                workshop.store.close().await();
            }
        }
    }

    @Test
    void keepsADeviceWhoseJobsEndCouldNotBeWritten() throws Exception {
        EmbeddedPostgres first = start(0);
        int port = first.getPort();
        try (Workshop workshop = workshop(port);
                Gate gate = new Gate("late")) {
            workshop.limit(Duration.ofSeconds(5)).deploy(Device.CPU);
            Job job = workshop.submit("m", "{{wait late}}");
            gate.awaitDrawing();
            long over = System.nanoTime() + Duration.ofSeconds(7).toNanos(); // the limit, and the grace after it
            first.close();
            gate.open();
            Path drawn = folder.resolve("outputs").resolve(job.id() + "_output_0.jpg");
            while (Files.notExists(drawn) || System.nanoTime() < over) {
                LockSupport.parkNanos(10_000_000);
            }

            try (EmbeddedPostgres again = start(port)) {
                assertEquals(port, again.getPort());
                awaitAnswer(workshop, job);
                assertEquals(
                        ErrorCode.INFERENCE_TIMEOUT, workshop.await(job).error().code());
                assertEquals(
                        JobState.SUCCEEDED,
                        workshop.await(workshop.submit("m", "p")).state());
                workshop.store.close().await();
            }
        }
    }

    @Test
    void stopsAJobThatIsCanceledWhileItIsDrawnAndKeepsWhatIsFinished() throws Exception {
        try (Workshop workshop = new Workshop(folder, procedural("m"));
                Gate gate = new Gate("cancel")) {
            workshop.deploy(Device.CPU);
            Job job = workshop.submit("m", "one", "{{wait cancel}}", "three");
            Job next = workshop.submit("m", "p");
            gate.awaitDrawing();

            workshop.store.cancelRequest(job.id()).await();

            Job canceled = workshop.await(job);
            assertEquals(JobState.CANCELED, canceled.state());
            assertEquals(
                    List.of(0),
                    canceled.images().stream().map(image -> image.index()).toList());
            assertEquals(JobState.SUCCEEDED, workshop.await(next).state());
        }
    }
}
