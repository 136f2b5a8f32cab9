package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.atelier.gateway.testplugin.AdapterFixture;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Inspections of URLs whose servers take their time. */
class InspectionApiTest {
    /** As many as one client may run by default. */
    private static final int PER_CLIENT = 8;

    private final Vertx vertx = Vertx.vertx();
    private final Set<HttpServerRequest> open = ConcurrentHashMap.newKeySet();
    private final HttpClient clients = vertx.createHttpClient(
            new HttpClientOptions().setKeepAlive(false), new PoolOptions().setHttp1MaxSize(1000));

    @TempDir
    Path folder;

    private byte[] file = new byte[0];
    private HttpServer hub;
    private ApiFixture api;

    @BeforeEach
    void start() throws IOException {
        file = Files.readAllBytes(AdapterFixture.write(folder.resolve("made.safetensors"), "weights"));
        hub = vertx.createHttpServer()
                .requestHandler(this::serve)
                .listen(0, "127.0.0.1")
                .await();
        api = ApiFixture.startWithHub(folder, hub.actualPort());
    }

    @AfterEach
    void stop() {
        api.close();
        vertx.close().await();
    }

    /** Sends a few bytes and then nothing for what is slow, and the file for all else. */
    private void serve(HttpServerRequest request) {
        if (!request.path().startsWith("/slow")) {
            request.response().end(Buffer.buffer(file));
            return;
        }
        open.add(request);
        request.connection().closeHandler(closed -> open.remove(request));
        request.response()
                .putHeader("Content-Length", String.valueOf(file.length))
                .write(Buffer.buffer(file).getBuffer(0, 8));
    }

    private void finishSlowOnes() {
        for (HttpServerRequest request : open) {
            request.response().end(Buffer.buffer(file).getBuffer(8, file.length));
        }
    }

    private String url(String target) {
        return "http://127.0.0.1:" + hub.actualPort() + target;
    }

    private static JsonObject body(String url) {
        return new JsonObject().put("path", url).put("model", "zimage_turbo");
    }

    /** An inspection under way, which can be broken off. */
    private record Inspection(HttpClientRequest request, Future<HttpClientResponse> answer) {
        void disconnect() {
            request.connection().close().await();
        }
    }

    private Inspection begin(String target) {
        HttpClientRequest request = clients.request(
                        HttpMethod.POST, api.client.port(), "127.0.0.1", "/v1/loras/inspect")
                .await();
        request.putHeader("Content-Type", "application/json");
        return new Inspection(
                request, request.send(body(url(target)).toBuffer()).onSuccess(HttpClientResponse::pause));
    }

    private static void until(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private static long descriptors() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }

    private List<String> partialFiles() {
        try (Stream<Path> files = Files.list(folder.resolve("downloads"))) {
            return files.map(part -> part.getFileName().toString())
                    .filter(name -> name.endsWith(".part"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void bounds400InspectionsOfSlowUrlsAndLeavesNothingOpenWhenTheirClientDisconnects() {
        assertEquals(
                200, api.client.post("/v1/loras/inspect", body(url("/warm"))).status());
        long before = descriptors();
        AtomicInteger rejected = new AtomicInteger();
        List<String> wrong = new CopyOnWriteArrayList<>();
        List<Inspection> inspections = new ArrayList<>();

        for (int i = 0; i < 400; i++) {
            Inspection inspection = begin("/slow/" + i + ".safetensors");
            inspections.add(inspection);
            inspection.answer().onSuccess(answer -> {
                if (answer.statusCode() != 429 || !"5".equals(answer.getHeader("Retry-After"))) {
                    wrong.add(answer.statusCode() + " " + answer.getHeader("Retry-After"));
                }
                rejected.incrementAndGet();
                answer.request().connection().close();
            });
        }
        until("rejections", () -> rejected.get() == 400 - PER_CLIENT);
        until("downloads", () -> open.size() == PER_CLIENT);
        assertEquals(List.of(), wrong);
        assertEquals(PER_CLIENT, partialFiles().size());

        inspections.stream()
                .filter(inspection -> !inspection.answer().isComplete())
                .forEach(Inspection::disconnect);

        until("ends of downloads", open::isEmpty);
        until("ends of files", () -> partialFiles().isEmpty());
        until("closed descriptors, which are " + descriptors() + " after " + before, () -> descriptors() <= before + 5);
        assertEquals(
                200, api.client.post("/v1/loras/inspect", body(url("/quick"))).status());
    }

    @Test
    void namesTheBoundThatAnInspectionExceeds() {
        List<Inspection> running = Stream.iterate(0, i -> i + 1)
                .limit(PER_CLIENT)
                .map(i -> begin("/slow/" + i))
                .toList();
        until("downloads", () -> open.size() == PER_CLIENT);

        Answer answer = api.client.post("/v1/loras/inspect", body(url("/quick")));

        assertEquals(429, answer.status());
        JsonObject error = answer.json().getJsonObject("error");
        assertEquals("TOO_MANY_INSPECTIONS", error.getString("code"));
        assertTrue(error.getString("message").contains("MAX_CLIENT_INSPECTIONS"), error::encode);
        assertNotNull(error.getJsonObject("details").getInteger("retry_after_seconds"));
        finishSlowOnes();
        running.forEach(
                inspection -> assertEquals(200, inspection.answer().await().statusCode()));
        assertEquals(
                200, api.client.post("/v1/loras/inspect", body(url("/quick"))).status());
    }

    @Test
    void goesOnWithADownloadThatAnotherInspectionWaitsFor() {
        Inspection leaving = begin("/slow/shared.safetensors");
        until("a download", () -> open.size() == 1);
        Inspection staying = begin("/slow/shared.safetensors");
        Inspection alone = begin("/slow/alone.safetensors");
        until("downloads", () -> open.size() == 2);

        leaving.disconnect();
        alone.disconnect();
        until("the end of the download that nobody waits for", () -> open.size() == 1);
        assertTrue(open.iterator().next().path().endsWith("/shared.safetensors"));
        finishSlowOnes();

        assertEquals(200, staying.answer().await().statusCode());
    }
}
