package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(1000, 1);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private RemoteFiles files() {
        return Client.in(folder).open(VERTX);
    }

    /** Redirects so many times, then gives the file. */
    private static Site chain(int redirects, int status) {
        return Site.start(VERTX, (number, request) -> {
            if (number <= redirects) {
                request.response()
                        .setStatusCode(status)
                        .putHeader("Location", "/hop?n=" + number)
                        .end();
            } else {
                request.response().end(Buffer.buffer(FILE));
            }
        });
    }

    private static Site leadingTo(String location) {
        return Site.start(
                VERTX,
                (number, request) -> request.response()
                        .setStatusCode(302)
                        .putHeader("Location", location)
                        .end());
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void followsUpToFiveRedirects(int status) {
        Site site = chain(5, status);

        assertArrayEquals(FILE, Client.bytes(files(), site.url("/a.safetensors")));

        assertEquals(6, site.count());
        assertEquals("/hop?n=5", site.target(6));
    }

    @Test
    void refusesTheSixth() {
        Site site = chain(6, 302);

        PipelineException failure = Client.failure(files(), site.url("/a.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);

        assertTrue(failure.getMessage().contains("more than 5 redirects"), failure.getMessage());
        assertEquals(6, site.count());
    }

    @Test
    void refusesARedirectToNowhere() {
        Site site = Site.start(
                VERTX,
                (number, request) -> request.response().setStatusCode(302).end());

        Client.failure(files(), site.url("/a.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);
        assertEquals(1, site.count());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/latest/meta-data/",
                "http://[fd00:ec2::254]/",
                "http://0.0.0.0/",
                "http://[::ffff:169.254.169.254]/",
                "http://[64:ff9b::a9fe:a9fe]/",
                "http://2852039166/",
                "http://0xa9fea9fe/",
                "http://metadata.google.internal/computeMetadata/v1/",
                "//169.254.169.254/",
                "file:///etc/passwd",
                "ftp://files.test/a",
                "gopher://127.0.0.1/x",
                "jar:http://127.0.0.1/a!/b",
                "http://user:password@127.0.0.1/",
                "http:///a",
                "http://a b/",
                "http://[::1/"
            })
    void followsNoneToWhereNothingIsFetchedFrom(String location) {
        Site site = leadingTo(location);

        PipelineException failure = Client.failure(files(), site.url("/a.safetensors"), ErrorCode.LORA_URL_NOT_ALLOWED);

        assertEquals(
                "LoRA URL not allowed: " + site.url("/a.safetensors") + ": its host is unknown or not allowed",
                failure.getMessage());
        assertFalse(
                failure.details().toString().contains("169.254"),
                failure.details().toString());
        assertEquals(1, site.count());
    }

    @Test
    void checksEachRedirectAgainstTheAllowedHosts() {
        Site target = Site.serving(VERTX, FILE);
        Site site = leadingTo("http://localhost:" + target.port() + "/a.safetensors");

        Client.failure(
                Client.in(folder).allow(true, true, "127.0.0.1").open(VERTX),
                site.url("/a.safetensors"),
                ErrorCode.LORA_URL_NOT_ALLOWED);
        assertEquals(0, target.count());

        assertArrayEquals(
                FILE,
                Client.bytes(
                        Client.in(folder)
                                .allow(true, true, "127.0.0.1", "localhost")
                                .open(VERTX),
                        site.url("/a.safetensors")));
    }

    @Test
    void resumesThroughTheRedirects() throws Exception {
        byte[] file = Safetensors.ofBytes(2_000_000, 1);
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number % 2 == 1) {
                RawServer.say(out, "302 Found", List.of("Location: /signed?n=" + number), file, 0, 0);
            } else if (number == 2) {
                List<String> headers = List.of("Content-Length: " + file.length, "ETag: \"x\"");
                RawServer.say(out, "200 OK", headers, file, 0, 1_200_000);
            } else {
                List<String> headers = List.of(
                        "Content-Length: " + (file.length - 1_200_000),
                        "Content-Range: bytes 1200000-" + (file.length - 1) + "/" + file.length);
                RawServer.say(out, "206 Partial Content", headers, file, 1_200_000, file.length);
            }
        })) {
            assertArrayEquals(file, Client.bytes(files(), server.url("/a.safetensors")));
            assertTrue(
                    server.carried(4, "range: bytes=1200000-"),
                    server.requests().get(3));
        }
    }
}
