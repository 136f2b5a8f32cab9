package dev.atelier.gateway.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.Eventually;
import dev.atelier.gateway.adapter.remote.RemoteFixture;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.storage.TinyDisk;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadedAdapterTest {
    private static final Vertx SERVERS = Vertx.vertx();

    @TempDir
    Path folder;

    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Boolean> dropped = new CompletableFuture<>();
    private byte[] file = new byte[0];
    private Consumer<HttpServerRequest> answer = request -> request.response().end(Buffer.buffer(file));
    private HttpServer hub;
    private Workshop workshop;

    @BeforeEach
    void open() throws IOException {
        file = Files.readAllBytes(AdapterFixture.write(folder.resolve("made.safetensors"), "w".repeat(2_000_000)));
        hub = SERVERS.createHttpServer()
                .requestHandler(request -> {
                    authorizations.add(String.valueOf(request.getHeader("Authorization")));
                    answer.accept(request);
                })
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

    private AdapterReference reference(String source, String token) {
        return workshop.adapters
                .reference(source, 0.5, workshop.catalog.find("m").orElseThrow(), token)
                .await();
    }

    private void stallHalfway() {
        answer = request -> {
            request.response().closeHandler(closed -> dropped.complete(true));
            request.response().putHeader("Content-Length", "" + file.length);
            request.response().write(Buffer.buffer(file).getBuffer(0, 1_500_000));
        };
    }

    private JobEvent awaitDownload(Job job) throws Exception {
        return workshop.awaitEvent(
                job, event -> "load_adapters".equals(event.data().get("stage")));
    }

    @Test
    void drawsWithAnAdapterFromTheHubAndRecordsItsHash() throws Exception {
        workshop.deploy(Device.CPU);

        Job job = workshop.await(workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p"));

        assertEquals(JobState.SUCCEEDED, job.state());
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(file);
        assertEquals(List.of(HexFormat.of().formatHex(digest)), job.adapterHashes());
        assertEquals(List.of("Bearer hf_server"), authorizations);
    }

    @Test
    void tellsHowFarTheDownloadIsAsTheJobsStage() throws Exception {
        workshop.deploy(Device.CPU);

        Job job = workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p");

        Map<String, Object> told = awaitDownload(job).data();
        assertEquals(file.length, told.get("total"));
        int bytes = (int) told.get("bytes");
        assertTrue(bytes > 0 && bytes <= file.length, told.toString());
        workshop.await(job);
    }

    @Test
    void usesTheRequestsTokenWithoutStoringIt() throws Exception {
        workshop.deploy(Device.CPU);

        Job job = workshop.await(
                workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "hf_of_the_request")), "p"));

        assertEquals(JobState.SUCCEEDED, job.state());
        assertEquals(List.of("Bearer hf_of_the_request"), authorizations);
        for (String name : List.of("atelier.db", "atelier.db-wal")) {
            Path database = folder.resolve("data").resolve(name);
            if (Files.exists(database)) {
                String bytes = new String(Files.readAllBytes(database), StandardCharsets.ISO_8859_1);
                assertFalse(bytes.contains("hf_of_the_request"), name);
            }
        }
    }

    @Test
    void fetchesForAHeldJobOfWhichItWasNotTold() throws Exception {
        workshop.deploy(Device.CPU);
        workshop.vertx.undeploy(workshop.heldJobs).await();
        Job job = workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "hf_of_the_request")), "p");

        workshop.deployHeldJobs();

        assertEquals(JobState.SUCCEEDED, workshop.await(job).state());
    }

    @Test
    void keepsAHeldJobAndItsTokenWhileTheFolderOfDownloadsIsUnusable() throws Exception {
        workshop.watchFolders().deploy(Device.CPU);
        Path downloads = folder.resolve("downloads");
        Files.delete(downloads);
        Files.writeString(downloads, "in the way");
        Eventually.holds("the fault", () -> workshop.fault().isPresent());

        Job job = workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "hf_of_the_request")), "p");
        Eventually.staysTrue("the job waits", () -> workshop.find(job).state() == JobState.QUEUED);
        assertEquals(List.of(), authorizations);

        Files.delete(downloads);
        Files.createDirectories(downloads);
        assertEquals(JobState.SUCCEEDED, workshop.await(job).state());
        assertEquals(List.of("Bearer hf_of_the_request"), authorizations);
    }

    @Test
    void requeuesAJobWhoseAdapterTheDiskOfDownloadsCannotTake() throws Exception {
        try (TinyDisk disk = TinyDisk.mount(folder.resolve("downloads"), 1024)) {
            workshop.watchFolders().deploy(Device.CPU);

            Job job = workshop.await(workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p"));

            assertEquals(ErrorCode.STORAGE_FULL, job.error().code());
            assertEquals(3, job.attempt(), "as many workers could not do it");
            disk.unmount();
        }
    }

    @Test
    void requeuesAJobWhoseWorkerLostTheFolderOfAdapters() throws Exception {
        Job job = workshop.submit("m", List.of(workshop.adapter("one.safetensors", "1")), "p");
        Files.move(folder.resolve("loras"), folder.resolve("elsewhere"));

        workshop.deploy(Device.CPU);

        Job failed = workshop.await(job);
        assertEquals(ErrorCode.STORAGE_UNAVAILABLE, failed.error().code());
        assertEquals(3, failed.attempt());
    }

    @Test
    void drawsFromTheSharedCacheWhatAnotherGatewayFetchedWithItsToken() throws Exception {
        workshop.deploy(Device.CPU);
        AdapterReference ours = reference("hf://org/repo/a.safetensors", "hf_of_the_request");
        Job first = workshop.await(workshop.submit("m", List.of(ours), "p"));
        AdapterReference theirs =
                new AdapterReference(ours.source(), 0.5, null, null, null, null, "theirs", ours.cachedAs());

        Job second = workshop.await(workshop.submit("m", List.of(theirs), "p"));

        assertEquals(JobState.SUCCEEDED, second.state());
        assertEquals(first.adapterHashes(), second.adapterHashes());
        assertEquals(1, authorizations.size());
    }

    @Test
    void failsAJobWhoseTokenWasLost() throws Exception {
        AdapterReference lost = new AdapterReference(
                "hf://org/repo/a.safetensors",
                1,
                null,
                null,
                null,
                null,
                "another process's",
                "a_0123456789abcdef.safetensors");
        workshop.deploy(Device.CPU);

        Job job = workshop.await(workshop.submit("m", List.of(lost), "p"));

        assertEquals(ErrorCode.HF_TOKEN_LOST, job.error().code());
        assertTrue(job.error().message().contains("hf_token"), job.error().message());
        assertEquals(List.of(), authorizations);
    }

    @Test
    void failsAJobWithTheReasonAndWithoutTheSignature() throws Exception {
        answer = request -> request.response().setStatusCode(404).end();
        workshop.deploy(Device.CPU);
        String url = "http://127.0.0.1:" + hub.actualPort() + "/a.safetensors?X-Signature=s3cret";

        Job job = workshop.await(workshop.submit("m", List.of(reference(url, "")), "p"));

        assertEquals(ErrorCode.LORA_NOT_FOUND, job.error().code());
        assertFalse(job.error().toString().contains("s3cret"), job.error().toString());
    }

    @Test
    void putsTheJobBackAndStopsTheDownloadWhenTheGatewayStops() throws Exception {
        stallHalfway();
        String device = workshop.deploy(Device.CPU);
        Job job = workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p");
        awaitDownload(job);

        workshop.vertx.undeploy(device).await();

        assertTrue(dropped.orTimeout(20, TimeUnit.SECONDS).join());
        assertEquals(JobState.QUEUED, workshop.find(job).state());
    }

    @Test
    void stopsTheDownloadWhenTheJobsTimeIsOver() throws Exception {
        stallHalfway();
        workshop.limit(Duration.ofSeconds(1)).deploy(Device.CPU);

        Job job = workshop.await(workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p"));

        assertEquals(ErrorCode.INFERENCE_TIMEOUT, job.error().code());
        assertTrue(dropped.orTimeout(20, TimeUnit.SECONDS).join());
    }

    @Test
    void failsALaterAttemptThatDownloadsOtherBytes() throws Exception {
        Job job = workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p");
        workshop.store.claim("former", List.of("m")).await();
        workshop.store.recordAdapters(job.id(), 1, List.of("0".repeat(64))).await();
        workshop.store.requeue(job.id(), 1).await();

        workshop.deploy(Device.CPU);

        assertEquals(ErrorCode.LORA_CHANGED, workshop.await(job).error().code());
    }

    @Test
    void sharesOneDownloadBetweenTheJobsOfTwoDevices() throws Exception {
        CompletableFuture<HttpServerRequest> asked = new CompletableFuture<>();
        answer = request -> {
            request.response().putHeader("Content-Length", "" + file.length);
            request.response().write(Buffer.buffer(file).getBuffer(0, 1_500_000));
            asked.complete(request);
        };
        workshop.deploy(Device.CPU);
        workshop.deploy(Device.CPU);

        Job one = workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p");
        Job two = workshop.submit("m", List.of(reference("hf://org/repo/a.safetensors", "")), "p");
        awaitDownload(one);
        awaitDownload(two);
        asked.join().response().end(Buffer.buffer(file).getBuffer(1_500_000, file.length));

        assertEquals(JobState.SUCCEEDED, workshop.await(one).state());
        assertEquals(JobState.SUCCEEDED, workshop.await(two).state());
        assertEquals(1, authorizations.size());
    }
}
