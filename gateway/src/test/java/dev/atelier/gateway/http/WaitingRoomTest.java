package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.function.Supplier;
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
        Future<Buffer> waiting = send(HttpMethod.POST, "/echo", body).compose(HttpClientResponse::body);
        HttpClientResponse health =
                send(HttpMethod.GET, "/health", Buffer.buffer()).await();
        assertEquals(200, health.statusCode());
        assertEquals("application/json", health.getHeader("Content-Type"));
        assertEquals(
                new JsonObject().put("status", "healthy"), health.body().await().toJsonObject());
        assertFalse(waiting.isComplete());
        open();
        assertEquals(body, waiting.await());
        assertEquals(
                "later",
                send(HttpMethod.POST, "/echo", Buffer.buffer("later"))
                        .compose(HttpClientResponse::body)
                        .await()
                        .toString());
    }

    @Test
    void leavesHealthToTheRouterOnceItIsThere() {
        open();
        HttpClientResponse answer =
                send(HttpMethod.GET, "/health", Buffer.buffer()).await();
        assertEquals("", answer.body().await().toString());
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

    private Future<HttpClientResponse> send(HttpMethod method, String path, Buffer body) {
        return client.request(method, server.actualPort(), "127.0.0.1", path).compose(request -> request.send(body));
    }
}
