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
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BrokenTransferTest {
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
    void goesOnWhereTheConnectionBroke() throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH, TAG);
            } else {
                rest(
                        out,
                        HALF,
                        TAG,
                        "Content-Length: " + (FILE.length - HALF),
                        "Content-Range: bytes " + HALF + "-" + (FILE.length - 1) + "/" + FILE.length);
            }
        })) {
            assertArrayEquals(FILE, Client.bytes(files(), server.url("/a.safetensors")));

            assertEquals(2, server.requests().size());
            assertFalse(server.requests().get(0).toLowerCase(Locale.ROOT).contains("range"));
            assertTrue(
                    server.carried(2, "range: bytes=" + HALF + "-"),
                    server.requests().get(1));
            assertTrue(server.carried(2, "if-range: \"one\""), server.requests().get(1));
        }
    }

    @Test
    void goesOnTwiceAndByDateWhereThereIsNoStrongTag() throws IOException {
        String date = "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT";
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH, "ETag: W/\"weak\"", date);
            } else {
                int from = number == 2 ? HALF : HALF + 100_000;
                String range = "Content-Range: bytes " + from + "-" + (FILE.length - 1) + "/" + FILE.length;
                int to = number == 2 ? HALF + 100_000 : FILE.length;
                List<String> headers = List.of(date, "Content-Length: " + (FILE.length - from), range);
                RawServer.say(out, "206 Partial Content", headers, FILE, from, to);
            }
        })) {
            assertArrayEquals(FILE, Client.bytes(files(), server.url("/a.safetensors")));

            assertTrue(
                    server.carried(3, "range: bytes=" + (HALF + 100_000) + "-"),
                    server.requests().get(2));
            assertTrue(
                    server.carried(3, "if-range: Wed, 01 Jan 2020 00:00:00 GMT"),
                    server.requests().get(2));
        }
    }

    @Test
    void beginsAnewWhenTheFileChangedMeanwhile() throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH, TAG);
            } else {
                whole(out, OTHER, "ETag: \"two\"");
            }
        })) {
            assertArrayEquals(OTHER, Client.bytes(files(), server.url("/a.safetensors")));
            assertEquals(2, server.requests().size());
        }
    }

    @Test
    void beginsAnewWhenAShorterFileTookItsPlace() throws IOException {
        byte[] small = Safetensors.ofBytes(1000, 3);
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH, TAG);
            } else {
                whole(out, small, "ETag: \"two\"");
            }
        })) {
            assertArrayEquals(small, Client.bytes(files(), server.url("/a.safetensors")));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Range: bytes 0-2500065/2500066", // not where it broke off
                "Content-Range: bytes 1300000-2500064/2500066", // not to the end
                "Content-Range: bytes 1300000-2500065/*",
                "Content-Range: pages 3-4",
                "X-Nothing: at all"
            })
    void beginsAnewWhenThePartIsNotTheOneAskedFor(String range) throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH, TAG);
            } else if (number == 2) {
                rest(out, HALF, TAG, range, "Content-Length: " + (FILE.length - HALF));
            } else {
                whole(out, FILE, TAG);
            }
        })) {
            assertArrayEquals(FILE, Client.bytes(files(), server.url("/a.safetensors")));
            assertEquals(3, server.requests().size());
            assertFalse(server.requests().get(2).toLowerCase(Locale.ROOT).contains("range"));
        }
    }

    @Test
    void beginsAnewWhenThePartIsOfAnotherVersion() throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH, TAG);
            } else if (number == 2) {
                rest(
                        out,
                        HALF,
                        "ETag: \"two\"",
                        "Content-Length: " + (FILE.length - HALF),
                        "Content-Range: bytes " + HALF + "-" + (FILE.length - 1) + "/" + FILE.length);
            } else {
                whole(out, OTHER, "ETag: \"two\"");
            }
        })) {
            assertArrayEquals(OTHER, Client.bytes(files(), server.url("/a.safetensors")));
        }
    }

    @Test
    void beginsAnewWhenTheServerHasNoSuchRange() throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH, TAG);
            } else if (number == 2) {
                RawServer.say(out, "416 Range Not Satisfiable", List.of("Content-Length: 0"), FILE, 0, 0);
            } else {
                whole(out, FILE, TAG);
            }
        })) {
            assertArrayEquals(FILE, Client.bytes(files(), server.url("/a.safetensors")));
        }
    }

    @Test
    void beginsAnewWhereNothingTellsVersionsApart() throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> {
            if (number == 1) {
                half(out, LENGTH);
            } else {
                whole(out, FILE, "X-Nothing: at all");
            }
        })) {
            assertArrayEquals(FILE, Client.bytes(files(), server.url("/a.safetensors")));
            assertFalse(server.requests().get(1).toLowerCase(Locale.ROOT).contains("range"));
        }
    }

    @Test
    void givesUpWhenEveryConnectionBreaks() throws IOException {
        try (RawServer server = new RawServer((number, request, out) -> half(out, LENGTH, TAG))) {
            PipelineException failure =
                    Client.failure(files(), server.url("/a.safetensors?sig=abc"), ErrorCode.LORA_DOWNLOAD_FAILED);

            assertEquals(3, server.requests().size());
            assertEquals(3, failure.details().get("tries"));
            assertFalse(failure.getMessage().contains("sig"), failure.getMessage());
            assertEquals(List.of(), Client.in(folder).cached());
        }
    }
}
