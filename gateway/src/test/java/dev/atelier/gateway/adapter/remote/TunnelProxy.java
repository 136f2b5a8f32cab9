package dev.atelier.gateway.adapter.remote;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** A proxy that knows CONNECT only, and has one port of this machine for every name. */
final class TunnelProxy {
    private static final int REFUSING = -1;
    private static final String LOGIN = "proxy-authorization: ";

    private final Vertx vertx;
    private final int target;
    private final NetServer server;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> logins = new CopyOnWriteArrayList<>();

    private TunnelProxy(Vertx vertx, int target) {
        this.vertx = vertx;
        this.target = target;
        this.server = vertx.createNetServer()
                .connectHandler(this::accept)
                .listen(0, "127.0.0.1")
                .await();
    }

    static TunnelProxy start(Vertx vertx, int target) {
        return new TunnelProxy(vertx, target);
    }

    static TunnelProxy refusing(Vertx vertx) {
        return new TunnelProxy(vertx, REFUSING);
    }

    private void accept(NetSocket client) {
        Buffer head = Buffer.buffer();
        client.handler(part -> {
            head.appendBuffer(part);
            if (head.toString().endsWith("\r\n\r\n")) {
                client.handler(null);
                read(head.toString());
                answer(client);
            }
        });
    }

    private void read(String head) {
        List<String> lines = head.lines().toList();
        requests.add(lines.get(0));
        lines.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(LOGIN))
                .forEach(line -> logins.add(line.substring(LOGIN.length())));
    }

    private void answer(NetSocket client) {
        if (target == REFUSING) {
            client.end(Buffer.buffer("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"));
            return;
        }
        client.pause();
        vertx.createNetClient().connect(target, "127.0.0.1").onSuccess(upstream -> {
            client.write("HTTP/1.1 200 Connection established\r\n\r\n");
            client.pipeTo(upstream);
            upstream.pipeTo(client);
        });
    }

    int port() {
        return server.actualPort();
    }

    List<String> requests() {
        return requests;
    }

    List<String> logins() {
        return logins;
    }
}
