package dev.atelier.gateway.adapter.remote;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/** A web server on this machine that remembers what it was asked. */
final class Site {
    private final List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    private Site(Vertx vertx, HttpServerOptions options, String host, BiConsumer<Integer, HttpServerRequest> handler) {
        server = vertx.createHttpServer(options)
                .requestHandler(request -> {
                    requests.add(request);
                    handler.accept(requests.size(), request);
                })
                .listen(options.getPort(), host)
                .await();
    }

    /** Starts one whose handler is given the number of the request, from 1. */
    static Site start(Vertx vertx, BiConsumer<Integer, HttpServerRequest> handler) {
        return start(vertx, new HttpServerOptions().setPort(0), "127.0.0.1", handler);
    }

    static Site start(
            Vertx vertx, HttpServerOptions options, String host, BiConsumer<Integer, HttpServerRequest> handler) {
        return new Site(vertx, options, host, handler);
    }

    /** Starts one that gives the same file to everybody. */
    static Site serving(Vertx vertx, byte[] file) {
        return start(vertx, (number, request) -> request.response().end(Buffer.buffer(file)));
    }

    int port() {
        return server.actualPort();
    }

    String url(String target) {
        return "http://127.0.0.1:" + port() + target;
    }

    int count() {
        return requests.size();
    }

    /** Returns a header of a request, by its number from 1. */
    String header(int number, String name) {
        return requests.get(number - 1).getHeader(name);
    }

    /** Returns what a request asked for, by its number from 1. */
    String target(int number) {
        return requests.get(number - 1).uri();
    }
}
