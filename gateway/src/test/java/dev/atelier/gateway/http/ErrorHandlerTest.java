package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of failures that no client can be blamed for. */
class ErrorHandlerTest {
    private final Vertx vertx = Vertx.vertx();
    private final CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
    private final OutOfMemoryError exhausted = new OutOfMemoryError("Java heap space");
    private HttpServer server;

    @BeforeEach
    void listen() {
        WorkerExecutor executor = vertx.createSharedWorkerExecutor("work");
        vertx.exceptionHandler(uncaught::complete);
        Router router = Router.router(vertx);
        router.get("/handler").handler(context -> {
            throw exhausted;
        });
        router.get("/worker")
                .handler(context -> executor.executeBlocking(
                                () -> {
                                    throw exhausted;
                                },
                                false)
                        .onFailure(context::fail));
        router.get("/fault").handler(context -> context.fail(new IllegalStateException("a fault, and no more")));
        new ErrorHandler(ApiContract.of(vertx, ApiContract.read()).await().enforced(), new Limits(1024, 1, 1, 1, 1, 1))
                .install(router);
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .await();
    }

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private int status(String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.actualPort() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void lets500BeAllOfAFault() throws Exception {
        assertEquals(500, status("/fault"));
        assertFalse(uncaught.isDone());
    }

    @Test
    void reportsAFullHeapOfAHandler() throws Exception {
        assertEquals(500, status("/handler"));
        assertSame(exhausted, uncaught.get(20, TimeUnit.SECONDS).getCause());
    }

    @Test
    void reportsAFullHeapOfAWorker() throws Exception {
        assertEquals(500, status("/worker"));
        assertSame(exhausted, uncaught.get(20, TimeUnit.SECONDS).getCause());
    }
}
