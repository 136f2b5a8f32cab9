package dev.atelier.gateway.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.adapter.remote.RemoteFixture;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.GatewayInfo;
import dev.atelier.gateway.job.Housekeeping;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.job.JobRequests;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobTerms;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request's token is in memory as long as its job needs it, and no longer, however the job ends. */
class RequestTokenLifetimeTest {
    private static final Vertx SERVERS = Vertx.vertx();

    @TempDir
    Path folder;

    private final CompletableFuture<HttpServerRequest> asked = new CompletableFuture<>();
    private final CompletableFuture<Boolean> dropped = new CompletableFuture<>();
    private byte[] file = new byte[0];
    private Consumer<HttpServerRequest> answer = request -> request.response().end(Buffer.buffer(file));
    private HttpServer hub;
    private Workshop workshop;

    @BeforeEach
    void open() throws IOException {
        file = Files.readAllBytes(AdapterFixture.write(folder.resolve("made.safetensors"), "weights"));
        hub = SERVERS.createHttpServer()
                .requestHandler(request -> answer.accept(request))
                .listen(0, "127.0.0.1")
                .await();
        workshop = new Workshop(
                folder,
                vertx -> RemoteFixture.open(vertx, folder.resolve("downloads"), hub.actualPort()),
                TestPlugin.procedural("m"));
    }

    @AfterEach
    void close() {
        workshop.close();
        hub.close().await();
    }

    private AdapterReference reference() {
        PipelineDescriptor model = workshop.catalog.find("m").orElseThrow();
        return workshop.adapters
                .reference("hf://org/repo/a.safetensors", 1, model, "hf_of_the_request")
                .await();
    }

    private Job submit(JobTerms terms) {
        JobRequest request =
                new JobRequest("m", List.of(JobRequests.plan("p", 42)), List.of(reference()), OutputFormat.PNG);
        return workshop.store.submit(request.on(terms)).await().job();
    }

    /** Lets the hub keep its answer back. */
    private void stall() {
        answer = request -> {
            request.response().closeHandler(closed -> dropped.complete(true));
            asked.complete(request);
        };
    }

    private void awaitRequestToHub() throws Exception {
        asked.get(30, TimeUnit.SECONDS);
        assertEquals(1, workshop.adapters.forgetUnclaimedTokens(), "a download under way needs it");
    }

    private void assertForgotten() {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (workshop.adapters.forgetUnclaimedTokens() > 0) {
            assertTrue(System.nanoTime() < end, "the token is still in memory");
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }

    @Test
    void isForgottenWhenTheJobSucceeds() throws Exception {
        workshop.deploy(Device.CPU);

        assertEquals(
                JobState.SUCCEEDED, workshop.await(submit(JobTerms.DEFAULT)).state());

        assertEquals(0, workshop.adapters.forgetUnclaimedTokens());
    }

    @Test
    void isForgottenAlreadyWhenTheAdapterIsThereAndTheJobWaits() {
        Job job = submit(JobTerms.DEFAULT);

        assertForgotten();
        assertEquals(JobState.QUEUED, workshop.find(job).state());
    }

    @Test
    void isForgottenWhenTheJobFails() throws Exception {
        answer = request -> request.response().setStatusCode(404).end();

        assertEquals(
                ErrorCode.LORA_NOT_FOUND,
                workshop.await(submit(JobTerms.DEFAULT)).error().code());

        assertForgotten();
    }

    @Test
    void isForgottenWhenTheJobIsCanceledAndDeleted() throws Exception {
        stall();
        Job job = submit(JobTerms.DEFAULT);
        awaitRequestToHub();

        workshop.store.cancelRequest(job.id()).await();
        workshop.store.delete(job.id()).await();

        assertForgotten();
        assertTrue(dropped.get(30, TimeUnit.SECONDS));
    }

    @Test
    void isForgottenWhenTheJobExpires() throws Exception {
        stall();
        GatewayInfo self = new GatewayInfo(workshop.store.gatewayId(), "all", List.of("m"), List.of("m"), List.of());
        workshop.vertx
                .deployVerticle(new Housekeeping(workshop.store, () -> self, job -> Future.succeededFuture()))
                .await();
        Job job = submit(JobTerms.DEFAULT.withExpiresIn(Duration.ofMillis(500)));
        awaitRequestToHub();

        assertEquals(ErrorCode.EXPIRED, workshop.await(job).error().code());

        assertForgotten();
        assertTrue(dropped.get(30, TimeUnit.SECONDS));
    }

    @Test
    void isForgottenWhenTheJobIsEndedElsewhere() throws Exception {
        stall();
        Job job = submit(JobTerms.DEFAULT);
        awaitRequestToHub();

        JobError error = new JobError(ErrorCode.HF_TOKEN_LOST, "another gateway took this one for dead", Map.of());
        assertTrue(workshop.store.failHeld(job.id(), error).await());

        assertForgotten();
        assertTrue(dropped.get(30, TimeUnit.SECONDS));
    }

    @Test
    void isForgottenWhenTheGatewayStops() throws Exception {
        stall();
        submit(JobTerms.DEFAULT);
        awaitRequestToHub();

        workshop.adapters.close().await();

        assertEquals(0, workshop.adapters.forgetUnclaimedTokens());
    }
}
