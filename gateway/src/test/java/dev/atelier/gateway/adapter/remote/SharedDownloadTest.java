package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedDownloadTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(2_000_000, 1);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    /** A cancellation that a test gives the sign for. */
    private static final class Sign implements Cancellation {
        private final CompletableFuture<Boolean> given = new CompletableFuture<>();

        @Override
        public boolean isCancelled() {
            return given.isDone();
        }

        @Override
        public Registration onCancel(Runnable action) {
            given.thenRun(action);
            return () -> {};
        }
    }

    /** A file of which one half comes at once, and the other when the test wants it. */
    private static final class SlowFile {
        private final CompletableFuture<HttpServerResponse> halfSent = new CompletableFuture<>();
        private final CompletableFuture<Boolean> gone = new CompletableFuture<>();
        private final Site site = Site.start(VERTX, (number, request) -> {
            HttpServerResponse response = request.response();
            response.putHeader("Content-Length", "" + FILE.length);
            response.closeHandler(closed -> gone.complete(true));
            response.write(Buffer.buffer(FILE).getBuffer(0, 1_500_000));
            halfSent.complete(response);
        });

        private String url() {
            return site.url("/a.safetensors");
        }

        private void finish() {
            HttpServerResponse response =
                    halfSent.orTimeout(20, TimeUnit.SECONDS).join();
            response.end(Buffer.buffer(FILE).getBuffer(1_500_000, FILE.length));
        }
    }

    private static RemoteRequest listening(String url, DownloadListener listener) {
        return new RemoteRequest(url, Optional.empty(), Safetensors::check, listener);
    }

    @Test
    void sharesOneDownloadAmongAllWhoWantTheFile() {
        SlowFile slow = new SlowFile();
        RemoteFiles files = Client.in(folder).open(VERTX);
        List<Future<RemoteFile>> waiting = new ArrayList<>();
        List<List<Long>> heard = new ArrayList<>();
        List<Promise<Void>> begun = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            List<Long> progress = new CopyOnWriteArrayList<>();
            Promise<Void> first = Promise.promise();
            heard.add(progress);
            begun.add(first);
            RemoteRequest request = listening(slow.url(), (bytes, total) -> {
                progress.add(bytes);
                first.tryComplete();
            });
            waiting.add(files.fetch(request, Cancellation.NEVER));
        }
        begun.forEach(first -> first.future().await());
        slow.finish();

        for (Future<RemoteFile> file : waiting) {
            assertArrayEquals(FILE, Client.bytes(file.await()));
        }
        assertEquals(1, slow.site.count());
        heard.forEach(progress -> assertEquals(FILE.length, progress.get(progress.size() - 1)));
    }

    @Test
    void tellsWhoComesLaterHowFarItIs() {
        SlowFile slow = new SlowFile();
        RemoteFiles files = Client.in(folder).open(VERTX);
        Promise<Long> first = Promise.promise();
        Promise<Long> second = Promise.promise();

        Future<RemoteFile> one =
                files.fetch(listening(slow.url(), (bytes, total) -> first.tryComplete(bytes)), Cancellation.NEVER);
        long there = first.future().await();
        Future<RemoteFile> two =
                files.fetch(listening(slow.url(), (bytes, total) -> second.tryComplete(bytes)), Cancellation.NEVER);

        assertTrue(second.future().await() >= there);
        slow.finish();
        assertEquals(one.await().path(), two.await().path());
        assertEquals(1, slow.site.count());
    }

    @Test
    void goesOnForTheOthersWhenOneIsCancelled() {
        SlowFile slow = new SlowFile();
        RemoteFiles files = Client.in(folder).open(VERTX);
        Promise<Void> begun = Promise.promise();
        Sign sign = new Sign();
        Future<RemoteFile> cancelled = files.fetch(listening(slow.url(), (bytes, total) -> begun.tryComplete()), sign);
        begun.future().await();
        Promise<Void> joined = Promise.promise();
        Future<RemoteFile> other =
                files.fetch(listening(slow.url(), (bytes, total) -> joined.tryComplete()), Cancellation.NEVER);
        joined.future().await();

        sign.given.complete(true);
        assertThrows(CancellationException.class, cancelled::await);
        slow.finish();

        assertArrayEquals(FILE, Client.bytes(other.await()));
        assertEquals(1, slow.site.count());
    }

    @Test
    void stopsTheDownloadWhenNobodyWantsItAnyMore() {
        SlowFile slow = new SlowFile();
        RemoteFiles files = Client.in(folder).open(VERTX);
        Promise<Void> begun = Promise.promise();
        Sign sign = new Sign();
        Future<RemoteFile> cancelled = files.fetch(listening(slow.url(), (bytes, total) -> begun.tryComplete()), sign);
        begun.future().await();

        sign.given.complete(true);

        assertThrows(CancellationException.class, cancelled::await);
        slow.gone.orTimeout(20, TimeUnit.SECONDS).join();
        files.close().await();
        assertEquals(List.of(), Client.in(folder).cached());
    }

    @Test
    void startsAnewForWhoComesAfterTheStop() {
        Site site = Site.start(VERTX, (number, request) -> {
            HttpServerResponse response = request.response().putHeader("Content-Length", "" + FILE.length);
            if (number == 1) {
                response.write(Buffer.buffer(FILE).getBuffer(0, 1_500_000));
            } else {
                response.end(Buffer.buffer(FILE));
            }
        });
        RemoteFiles files = Client.in(folder).open(VERTX);
        Promise<Void> begun = Promise.promise();
        Sign sign = new Sign();
        String url = site.url("/a.safetensors");
        Future<RemoteFile> cancelled = files.fetch(listening(url, (bytes, total) -> begun.tryComplete()), sign);
        begun.future().await();
        sign.given.complete(true);
        assertThrows(CancellationException.class, cancelled::await);

        assertArrayEquals(FILE, Client.bytes(files, url));
        assertEquals(2, site.count());
    }

    @Test
    void asksNobodyForWhoWasCancelledBefore() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).open(VERTX);
        Sign sign = new Sign();
        sign.given.complete(true);

        Future<RemoteFile> cancelled = files.fetch(Client.request(site.url("/a.safetensors")), sign);

        assertThrows(CancellationException.class, cancelled::await);
        files.close().await();
        assertEquals(List.of(), Client.in(folder).cached());
    }

    @Test
    void tellsAllOfAFailure() {
        Site site = Site.start(
                VERTX,
                (number, request) -> request.response().setStatusCode(503).end());
        RemoteFiles files = Client.in(folder).open(VERTX);
        Future<RemoteFile> one = Client.fetch(files, site.url("/a.safetensors"));
        Future<RemoteFile> two = Client.fetch(files, site.url("/a.safetensors"));

        for (Future<RemoteFile> file : List.of(one, two)) {
            assertEquals(
                    ErrorCode.LORA_DOWNLOAD_FAILED,
                    assertThrows(PipelineException.class, file::await).code());
        }
        assertEquals(3, site.count());
    }

    @Test
    void downloadsOtherUrlsAtTheSameTime() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).open(VERTX);
        Future<RemoteFile> one = Client.fetch(files, site.url("/a.safetensors?v=1"));
        Future<RemoteFile> two = Client.fetch(files, site.url("/a.safetensors?v=2"));

        assertNotEquals(one.await().path(), two.await().path());
        assertEquals(2, site.count());
    }

    @Test
    void stopsWithTheGatewayAndLeavesNothingHalf() {
        SlowFile slow = new SlowFile();
        RemoteFiles files = Client.in(folder).open(VERTX);
        Promise<Void> begun = Promise.promise();
        Future<RemoteFile> waiting =
                files.fetch(listening(slow.url(), (bytes, total) -> begun.tryComplete()), Cancellation.NEVER);
        begun.future().await();

        files.close().await();

        assertThrows(CancellationException.class, waiting::await);
        assertEquals(List.of(), Client.in(folder).cached());
    }

    @Test
    void answersOnTheCallersContext() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).open(VERTX);
        Promise<Boolean> same = Promise.promise();
        Context context = VERTX.getOrCreateContext();
        context.runOnContext(here -> Client.fetch(files, site.url("/a.safetensors"))
                .map(file -> Vertx.currentContext() == context)
                .onComplete(same));

        assertTrue(same.future().await());
        assertFalse(context.isWorkerContext());
    }
}
