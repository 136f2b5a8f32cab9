package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A port that is open before its router is there. */
class WaitingRoomTest {
    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final WaitingRoom room = new WaitingRoom();
    private HttpServer server;
    private HttpClient client;

    @BeforeEach
    void listen() {
        server = onContext(() -> vertx.createHttpServer()
                        .requestHandler(new Front(room, () -> false))
                        .listen(0, "127.0.0.1"))
                .await();
        client = vertx.createHttpClient();
    }

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void answersHealthAtOnceAndOtherRequestsWholeOnceTheRouterIsThere() {
        Buffer body = Buffer.buffer("x".repeat(1_000_000));
        Future<Reply> waiting = send(HttpMethod.POST, "/echo", body);
        Reply health = send(HttpMethod.GET, "/health", Buffer.buffer()).await();
        assertEquals(200, health.status());
        assertEquals("application/json", health.type());
        assertEquals(new JsonObject().put("status", "healthy"), health.body().toJsonObject());
        assertFalse(waiting.isComplete());
        open();
        assertEquals(body, waiting.await().body());
        Buffer later = Buffer.buffer("later");
        assertEquals(later, send(HttpMethod.POST, "/echo", later).await().body());
    }

    @Test
    void leavesHealthToTheRouterOnceItIsThere() {
        open();
        assertEquals(
                Buffer.buffer(),
                send(HttpMethod.GET, "/health", Buffer.buffer()).await().body());
    }

    private record Reply(int status, @Nullable String type, Buffer body) {}

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

    private Future<Reply> send(HttpMethod method, String path, Buffer body) {
        return client.request(method, server.actualPort(), "127.0.0.1", path)
                .compose(request -> request.send(body))
                .compose(response -> response.body()
                        .map(all -> new Reply(response.statusCode(), response.getHeader("Content-Type"), all)));
    }
}
