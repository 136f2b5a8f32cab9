package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LyingServerTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(2_500_000, 1);
    private static final byte[] OTHER = Safetensors.ofBytes(2_500_000, 2);
    private static final int HALF = 1_300_000;
    private static final String LENGTH = "Content-Length: " + FILE.length;
    private static final String TAG = "ETag: \"one\"";

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private RemoteFiles files() {
        return Client.in(folder).open(VERTX);
    }

    private static void half(OutputStream out, String... headers) throws IOException {
        RawServer.say(out, "200 OK", List.of(headers), FILE, 0, HALF);
    }

    private static void rest(OutputStream out, int from, String... headers) throws IOException {
        RawServer.say(out, "206 Partial Content", List.of(headers), FILE, from, FILE.length);
    }

    private static void whole(OutputStream out, byte[] file, String tag) throws IOException {
        RawServer.say(out, "200 OK", List.of("Content-Length: " + file.length, tag), file, 0, file.length);
    }

    @Test
    void doesNotTakeMoreThanTheServerDeclared() throws IOException {
        try (RawServer server = new RawServer((number, request, out) ->
                RawServer.say(out, "200 OK", List.of("Content-Length: 1000"), FILE, 0, FILE.length))) {
            PipelineException failure = Client.failure(files(), server.url("/a.safetensors"), ErrorCode.LORA_INVALID);

            assertTrue(failure.getMessage().contains("is damaged"), failure.getMessage());
        }
    }

    @Test
    void triesAgainWhenAnAnswerIsNoHttp() throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> out.write("SSH-2.0-x\r\n\r\n".getBytes()))) {
            PipelineException failure =
                    Client.failure(files(), server.url("/a.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);

            assertEquals(3, failure.details().get("tries"));
            assertFalse(failure.getMessage().contains("SSH"), failure.getMessage());
        }
    }

    @Test
    void triesAgainWhereNobodyListens() throws IOException {
        RawServer gone = new RawServer((number, request, out) -> {});
        gone.close();

        PipelineException failure = Client.failure(files(), gone.url("/a"), ErrorCode.LORA_DOWNLOAD_FAILED);

        assertEquals("LoRA download failed: " + gone.url("/a") + ": no connection (3 tries)", failure.getMessage());
    }

    @Test
    void goesOnWhenTheServerFallsSilent() throws IOException {
        CountDownLatch end = new CountDownLatch(1);
        RemoteSettings.Pace impatient =
                new RemoteSettings.Pace(3, Duration.ofMillis(1), Duration.ofSeconds(20), Duration.ofMillis(300));
        try (RawServer silent = new RawServer((number, request, out) -> {
                    half(out, LENGTH, TAG);
                    end.await(30, TimeUnit.SECONDS);
                });
                RawServer server = new RawServer((number, request, out) -> {
                    if (number == 1) {
                        RawServer.say(out, "302 Found", List.of("Location: " + silent.url("/b")), FILE, 0, 0);
                    } else {
                        rest(
                                out,
                                HALF,
                                TAG,
                                "Content-Length: " + (FILE.length - HALF),
                                "Content-Range: bytes " + HALF + "-" + (FILE.length - 1) + "/" + FILE.length);
                    }
                })) {
            RemoteFiles files = Client.in(folder).pace(impatient).open(VERTX);

            assertArrayEquals(FILE, Client.bytes(files, server.url("/a.safetensors")));
            assertTrue(
                    server.carried(2, "range: bytes=" + HALF + "-"),
                    server.requests().get(1));
        } finally {
            end.countDown();
        }
    }

    @Test
    void endsAtTheLatestWhenTheTimeIsUp() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        RemoteSettings.Pace brief =
                new RemoteSettings.Pace(3, Duration.ofMillis(1), Duration.ofMillis(500), Duration.ofSeconds(60));
        try (RawServer server = new RawServer((number, request, out) -> {
            half(out, LENGTH, TAG);
            end.await(30, TimeUnit.SECONDS);
        })) {
            long start = System.nanoTime();
            PipelineException failure = Client.failure(
                    Client.in(folder).pace(brief).open(VERTX), server.url("/a"), ErrorCode.LORA_DOWNLOAD_FAILED);

            assertTrue(failure.getMessage().contains("not done within"), failure.getMessage());
            assertTrue(System.nanoTime() - start < 10_000_000_000L);
            assertEquals(1, server.requests().size());
        } finally {
            end.countDown();
        }
    }
}
