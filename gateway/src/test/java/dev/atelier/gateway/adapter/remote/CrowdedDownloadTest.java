package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.Cancellation;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
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
    void runsABoundedNumberOfDownloadsAtATimeAndTheOthersAfterThem() throws TimeoutException {
        int many = RemoteFiles.MOST_AT_ONCE + 40;
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<HttpServerResponse> asked = new ArrayList<>();
        Site site = Site.start(VERTX, (number, request) -> {
            most.accumulateAndGet(open.incrementAndGet(), Math::max);
            asked.add(request.response());
            if (number == RemoteFiles.MOST_AT_ONCE) {
                List.copyOf(asked).forEach(response -> end(response, open));
            } else if (number > RemoteFiles.MOST_AT_ONCE) {
                end(request.response(), open);
            }
        });
        RemoteFiles files = Client.in(folder).open(VERTX);

        List<Future<RemoteFile>> waiting = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            waiting.add(Client.fetch(files, site.url("/" + i)));
        }

        Future.all(waiting).await(60, TimeUnit.SECONDS);
        assertEquals(RemoteFiles.MOST_AT_ONCE, most.get());
    }

    private static void end(HttpServerResponse response, AtomicInteger open) {
        open.decrementAndGet();
        response.end(Buffer.buffer(FILE));
    }

    @Test
    void neverBeginsADownloadThatNobodyWaitsForAnyMore() throws TimeoutException {
        List<HttpServerResponse> asked = new ArrayList<>();
        CountDownLatch full = new CountDownLatch(RemoteFiles.MOST_AT_ONCE);
        Site site = Site.start(VERTX, (number, request) -> {
            asked.add(request.response());
            full.countDown();
        });
        RemoteFiles files = Client.in(folder).open(VERTX);
        List<Future<RemoteFile>> running = new ArrayList<>();
        for (int i = 0; i < RemoteFiles.MOST_AT_ONCE; i++) {
            running.add(Client.fetch(files, site.url("/" + i)));
        }
        assertTrue(awaits(full));
        Promise<Void> stop = Promise.promise();
        List<Future<RemoteFile>> waiting = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            waiting.add(files.fetch(Client.request(site.url("/waiting" + i)), cancelledBy(stop.future())));
        }

        stop.complete();
        waiting.forEach(fetch -> assertThrows(CancellationException.class, fetch::await));
        asked.forEach(response -> response.end(Buffer.buffer(FILE)));

        Future.all(running).await(60, TimeUnit.SECONDS);
        assertEquals(RemoteFiles.MOST_AT_ONCE, site.count());
    }

    private static boolean awaits(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Cancellation cancelledBy(Future<Void> stop) {
        return new Cancellation() {
            @Override
            public boolean isCancelled() {
                return stop.isComplete();
            }

            @Override
            public Registration onCancel(Runnable action) {
                stop.onComplete(stopped -> action.run());
                return () -> {};
            }
        };
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
