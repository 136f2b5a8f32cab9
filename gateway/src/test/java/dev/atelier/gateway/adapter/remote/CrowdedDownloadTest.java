package dev.atelier.gateway.adapter.remote;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many different files at once. */
class CrowdedDownloadTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(1000, 1);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    @Test
    void keepsNoDownloadWaitingForOthersFromItsHost() throws TimeoutException {
        int many = 20;
        List<HttpServerResponse> asked = new ArrayList<>();
        Site site = Site.start(VERTX, (number, request) -> {
            asked.add(request.response());
            if (number == many) {
                asked.forEach(response -> response.end(Buffer.buffer(FILE)));
            }
        });
        RemoteFiles files = Client.in(folder).open(VERTX);

        List<Future<RemoteFile>> waiting = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            waiting.add(Client.fetch(files, site.url("/" + i)));
        }

        Future.all(waiting).await(20, TimeUnit.SECONDS);
    }

    @Test
    void looksNamesUpBesideTheWritingOfFiles() throws TimeoutException {
        Site site = Site.serving(VERTX, FILE);
        CompletableFuture<InetAddress[]> slow = new CompletableFuture<>();
        RemoteFiles files = Client.in(folder).resolving(name -> slow.join()).open(VERTX);

        List<Future<RemoteFile>> waiting = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waiting.add(Client.fetch(files, "http://slow.example:" + site.port() + "/" + i));
        }
        Client.fetch(files, site.url("/a")).await(20, TimeUnit.SECONDS);

        slow.complete(new InetAddress[] {InetAddress.getLoopbackAddress()});
        Future.all(waiting).await(20, TimeUnit.SECONDS);
    }
}
