package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.atelier.gateway.health.Health;
import dev.atelier.gateway.metrics.GatewayMetrics;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A port that is open before its router is there. */
class WaitingRoomTest {
    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final GatewayMetrics metrics = new GatewayMetrics();
    private final WaitingRoom room = new WaitingRoom(new Health(metrics));
    // Vert.x's client, used from a test's thread, may have an answer's end pass before its body is asked for
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private HttpServer server;

    @BeforeEach
    void listen() {
        server = onContext(() -> vertx.createHttpServer()
                        .requestHandler(new Front(room, () -> false))
                        .listen(0, "127.0.0.1"))
                .await();
    }

    @AfterEach
    void close() {
        vertx.close().await();
        metrics.close();
    }

    @Test
    void answersHealthAtOnceAndOtherRequestsWholeOnceTheRouterIsThere() {
        byte[] body = new byte[1_000_000];
        Arrays.fill(body, (byte) 'x');
        CompletableFuture<HttpResponse<byte[]>> waiting = post(body);
        HttpResponse<byte[]> health = send(request("/health").GET()).join();
        assertEquals(200, health.statusCode());
        assertEquals(
                "application/json", health.headers().firstValue("Content-Type").orElseThrow());
        assertEquals("{\"status\":\"healthy\"}", text(health));
        assertFalse(waiting.isDone());
        open();
        assertArrayEquals(body, waiting.join().body());
        assertEquals(
                "later", text(post("later".getBytes(StandardCharsets.UTF_8)).join()));
    }

    @Test
    void tellsProbesAtOnceThatItLivesAndStarts() {
        assertEquals(200, get("/health/live").statusCode());
        HttpResponse<byte[]> ready = get("/health/ready");
        assertEquals(503, ready.statusCode());
        assertEquals("no-store", ready.headers().firstValue("Cache-Control").orElseThrow());
        assertEquals(
                new JsonObject("{\"status\":\"not_ready\",\"checks\":{\"draining\":{\"ok\":true},"
                        + "\"starting\":{\"ok\":false,\"reason\":\"the start waits for the gateway\"}}}"),
                new JsonObject(text(ready)));
        HttpResponse<byte[]> startup = get("/health/startup");
        assertEquals(503, startup.statusCode());
        assertEquals("{\"status\":\"starting\",\"waiting_for\":[\"the gateway\"]}", text(startup));
    }

    @Test
    void leavesHealthToTheRouterOnceItIsThere() {
        open();
        assertEquals("", text(send(request("/health").GET()).join()));
    }

    private void open() {
        onContext(() -> {
                    room.open(WaitingRoomTest::echo);
                    return Future.succeededFuture();
                })
                .await();
    }

    private <T> Future<T> onContext(Supplier<Future<T>> task) {
        return Future.future(promise -> context.runOnContext(here -> task.get().onComplete(promise)));
    }

    private static void echo(HttpServerRequest request) {
        request.body().onSuccess(request.response()::end);
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private CompletableFuture<HttpResponse<byte[]>> post(byte[] body) {
        return send(request("/echo").POST(BodyPublishers.ofByteArray(body)));
    }

    private HttpResponse<byte[]> get(String path) {
        return send(request(path).GET()).join();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path))
                .timeout(Duration.ofSeconds(30));
    }

    private CompletableFuture<HttpResponse<byte[]>> send(HttpRequest.Builder request) {
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }
}
