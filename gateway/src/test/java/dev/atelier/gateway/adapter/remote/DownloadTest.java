package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DownloadTest {
    private static final byte[] FILE = Safetensors.ofBytes(3_000_000, 1);

    private static final Vertx VERTX = Vertx.vertx();

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private Client client() {
        return Client.in(folder.resolve("cache"));
    }

    private Site answering(int status, String type, String body) {
        return Site.start(VERTX, (number, request) -> {
            HttpServerResponse response = request.response().setStatusCode(status);
            response.putHeader("Content-Type", type).end(body);
        });
    }

    @Test
    void downloadsAFileOnceAndFindsItAfterwards() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = client().open(VERTX);

        assertArrayEquals(FILE, Client.bytes(files, site.url("/loras/My%20LoRA.safetensors?download=true")));
        assertArrayEquals(FILE, Client.bytes(files, site.url("/loras/My%20LoRA.safetensors?download=true")));
        assertArrayEquals(
                FILE, Client.bytes(client().open(VERTX), site.url("/loras/My%20LoRA.safetensors?download=true")));

        assertEquals(1, site.count());
        assertEquals("/loras/My%20LoRA.safetensors?download=true", site.target(1));
        assertEquals("identity", site.header(1, "Accept-Encoding"));
        assertEquals(1, client().cached().size());
        assertTrue(client().cached().get(0).matches("My%20LoRA_[0-9a-f]{16}\\.safetensors"));
    }

    @Test
    void tellsHowFarItIs() {
        List<List<Long>> heard = new CopyOnWriteArrayList<>();
        Site site = Site.serving(VERTX, FILE);
        RemoteRequest request = new RemoteRequest(
                site.url("/a.safetensors"),
                Optional.empty(),
                Safetensors::check,
                (bytes, total) -> heard.add(List.of(bytes, total)));

        client().open(VERTX).fetch(request, Cancellation.NEVER).await();

        long length = FILE.length;
        assertEquals(List.of(length, length), heard.get(heard.size() - 1));
        assertTrue(heard.size() >= 3, heard.toString());
        for (int i = 1; i < heard.size(); i++) {
            assertTrue(heard.get(i).get(0) > heard.get(i - 1).get(0), heard.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 410})
    void saysThatTheServerHasNoSuchFileAtOnce(int status) {
        Site site = answering(status, "text/html", "<html>nothing here</html>");

        PipelineException failure =
                Client.failure(client().open(VERTX), site.url("/a.safetensors?token=s3cret"), ErrorCode.LORA_NOT_FOUND);

        assertEquals(status, failure.details().get("status"));
        assertTrue(failure.getMessage().contains(site.url("/a.safetensors")));
        assertFalse(failure.getMessage().contains("s3cret"));
        assertFalse(failure.details().toString().contains("s3cret"));
        assertEquals(1, site.count());
        assertEquals(List.of(), client().cached());
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 504, 429, 408})
    void triesThreeTimesWhenTheServerCannotAnswer(int status) {
        Site site = answering(status, "text/plain", "later");

        PipelineException failure =
                Client.failure(client().open(VERTX), site.url("/a.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);

        assertEquals(3, site.count());
        assertEquals(status, failure.details().get("status"));
        assertEquals(3, failure.details().get("tries"));
        assertTrue(failure.getMessage().endsWith("HTTP " + status + " (3 tries)"), failure.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 204, 206, 416, 451})
    void doesNotAskAgainWhereTheAnswerStays(int status) {
        Site site = answering(status, "text/plain", "");

        PipelineException failure =
                Client.failure(client().open(VERTX), site.url("/a.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);

        assertEquals(1, site.count());
        assertEquals(status, failure.details().get("status"));
        assertEquals(status == 401 || status == 403, failure.getMessage().contains("token"));
    }

    @Test
    void succeedsAtTheThirdTry() {
        Site site = Site.start(VERTX, (number, request) -> {
            if (number < 3) {
                request.response().setStatusCode(503).end();
            } else {
                request.response().end(Buffer.buffer(FILE));
            }
        });

        assertArrayEquals(FILE, Client.bytes(client().open(VERTX), site.url("/a.safetensors")));
        assertEquals(3, site.count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "text/html; charset=utf-8", "TEXT/HTML", "application/xhtml+xml"})
    void knowsAWebPageByItsType(String type) {
        Site site = answering(200, type, "Please log in");

        PipelineException failure =
                Client.failure(client().open(VERTX), site.url("/a.safetensors"), ErrorCode.LORA_INVALID);

        assertTrue(failure.getMessage().contains("web page"), failure.getMessage());
        assertEquals(1, site.count());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!DOCTYPE html><html></html>",
                "\n\t <!doctype HTML>",
                "\ufeff<html lang='en'>",
                "<head><title>Sign in</title>",
            })
    void knowsAWebPageByItsContent(String page) {
        Site site = answering(200, "application/octet-stream", page);

        PipelineException failure =
                Client.failure(client().open(VERTX), site.url("/a.safetensors"), ErrorCode.LORA_INVALID);

        assertTrue(failure.getMessage().contains("web page"), failure.getMessage());
        assertEquals(1, site.count());
        assertEquals(List.of(), client().cached());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "<weights>"})
    void refusesWhatIsNoAdapterAndKeepsNothing(String content) {
        Site site = answering(200, "application/octet-stream", content);

        PipelineException failure =
                Client.failure(client().open(VERTX), site.url("/a.safetensors"), ErrorCode.LORA_INVALID);

        assertEquals(
                site.url("/a.safetensors") + ": " + site.url("/a.safetensors") + " is damaged", failure.getMessage());
        assertEquals(1, site.count());
        assertEquals(List.of(), client().cached());
    }

    @Test
    void refusesAFileThatIsTooLargeBeforeItComes() {
        Site site = Site.start(VERTX, (number, request) -> {
            // promises much and sends nothing: waiting for it would take the whole time
            request.response().putHeader("Content-Length", "1000001").writeHead();
        });

        PipelineException failure = Client.failure(
                client().bounds(1_000_000, 1 << 30).open(VERTX), site.url("/a"), ErrorCode.LORA_TOO_LARGE);

        assertEquals(1_000_000L, failure.details().get("limit"));
        assertTrue(failure.getMessage().contains("LORA_MAX_BYTES"), failure.getMessage());
        assertEquals(List.of(), client().cached());
    }

    @Test
    void stopsAFileThatTurnsOutTooLarge() {
        Site site = Site.start(VERTX, (number, request) -> {
            request.response().setChunked(true);
            VERTX.setPeriodic(1, timer -> {
                if (request.response().closed()) {
                    VERTX.cancelTimer(timer);
                } else if (!request.response().writeQueueFull()) {
                    request.response().write(Buffer.buffer(new byte[100_000]));
                }
            });
        });

        Client.failure(client().bounds(5_000_000, 1 << 30).open(VERTX), site.url("/a"), ErrorCode.LORA_TOO_LARGE);

        assertEquals(List.of(), client().cached());
        assertEquals(1, site.count());
    }

    @Test
    void takesAFileOfExactlyTheLargestSize() {
        Site site = Site.serving(VERTX, FILE);

        assertArrayEquals(
                FILE, Client.bytes(client().bounds(FILE.length, FILE.length).open(VERTX), site.url("/a.safetensors")));
    }

    @Test
    void takesAFileWhoseLengthIsNotDeclared() {
        Site site = Site.start(
                VERTX, (number, request) -> request.response().setChunked(true).end(Buffer.buffer(FILE)));

        assertArrayEquals(FILE, Client.bytes(client().open(VERTX), site.url("/a.safetensors")));
    }

    @Test
    void refusesACompressedAnswer() {
        Site site = Site.start(
                VERTX,
                (number, request) ->
                        request.response().putHeader("Content-Encoding", "gzip").end(Buffer.buffer(FILE)));

        Client.failure(client().open(VERTX), site.url("/a.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);

        assertEquals(1, site.count());
    }

    @Test
    void replacesADamagedFileInTheCache() throws IOException {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = client().open(VERTX);
        RemoteFile first = Client.fetch(files, site.url("/a.safetensors")).await();
        Files.write(first.path(), new byte[] {1, 2, 3});

        assertArrayEquals(FILE, Client.bytes(files, site.url("/a.safetensors")));
        assertEquals(2, site.count());
        assertEquals(1, client().cached().size());
    }

    @Test
    void saysWhyTheCacheCannotBeUsed() throws IOException {
        Files.writeString(folder.resolve("cache"), "in the way");
        Site site = Site.serving(VERTX, FILE);

        PipelineException failure =
                Client.failure(client().open(VERTX), site.url("/a.safetensors"), ErrorCode.STORAGE_UNAVAILABLE);

        assertTrue(failure.getMessage().contains("download cache is not usable"), failure.getMessage());
        assertFalse(failure.getMessage().contains(folder.toString()), failure.getMessage());
        assertEquals(0, site.count());
    }

    @Test
    void namesFilesWithoutWhatMayBeSecretInTheirUrls() {
        String url = "https://user:pass@host/x.safetensors?X-Amz-Signature=abc#frag";

        assertEquals("https://host/x.safetensors", RemoteFiles.name(url));
        assertEquals(
                "https://host/x.safetensors", Client.request(url, "hf_secret").toString());
        assertEquals("job/x?.safetensors", RemoteFiles.name("job/x?.safetensors"));
        assertEquals(
                Map.of(
                        true,
                        List.of("http://h", "https://h", "hf://o/r/f", "HTTP://h", "ftp://h"),
                        false,
                        List.of("a", "a:/b", "~://h")),
                Stream.of("http://h", "https://h", "hf://o/r/f", "HTTP://h", "ftp://h", "a", "a:/b", "~://h")
                        .collect(Collectors.partitioningBy(RemoteFiles::isRemote)));
    }
}
