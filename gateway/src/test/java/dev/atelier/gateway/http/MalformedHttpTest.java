package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests whose end two readers could see at different places, or that name their host in no or two ways. */
class MalformedHttpTest {
    private static final String POST = "POST /v1/inference HTTP/1.1\r\nHost: a\r\n";
    private static final String TYPE = "Content-Type: application/json\r\n";
    private static final String BODY = Requests.minimal().encode();
    /** The request that a proxy would have taken for a part of the body before it. */
    private static final String SMUGGLED =
            POST + TYPE + "Connection: close\r\nContent-Length: " + BODY.length() + "\r\n\r\n" + BODY;

    @TempDir
    static Path folder;

    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        api = ApiFixture.start(folder);
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static Arguments request(String name, String head, String body) {
        return Arguments.of(name, head + "\r\n" + body);
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    static Stream<Arguments> ambiguousEncodings() {
        String chunked = "Transfer-Encoding: chunked\r\n";
        String whole = chunk(BODY) + "0\r\n\r\n";
        String length = "Content-Length: " + BODY.length() + "\r\n";
        return Stream.of(
                request("chunks and a length", POST + TYPE + chunked + length, whole),
                request("a length and chunks", POST + TYPE + "Content-Length: 4\r\n" + chunked, whole),
                request("an unknown encoding", POST + TYPE + "Transfer-Encoding: xchunked\r\n" + length, BODY),
                request("an encoding not last", POST + TYPE + "Transfer-Encoding: chunked, identity\r\n", whole),
                request("an encoding unknown here", POST + TYPE + "Transfer-Encoding: gzip, chunked\r\n", whole),
                request("chunked twice", POST + TYPE + chunked + chunked, whole),
                request("an empty encoding", POST + TYPE + "Transfer-Encoding:\r\n" + length, BODY),
                request("an identity encoding", POST + TYPE + "Transfer-Encoding: identity\r\n" + length, BODY),
                request("chunks in HTTP/1.0", POST.replace("1.1", "1.0") + TYPE + chunked, whole),
                request("chunks and a length in HTTP/1.0", POST.replace("1.1", "1.0") + TYPE + chunked + length, whole),
                request(
                        "a vertical tab before chunked",
                        POST + TYPE + "Transfer-Encoding: \u000bchunked\r\n" + length,
                        whole));
    }

    static Stream<Arguments> ambiguousLengthsAndLines() {
        String length = "Content-Length: " + BODY.length() + "\r\n";
        return Stream.of(
                request("an empty length", POST + TYPE + "Content-Length:\r\n", BODY),
                request("two lengths in one", POST + TYPE + "Content-Length: 3 3\r\n", BODY),
                request("two lengths", POST + TYPE + length + "Content-Length: 3\r\n", BODY),
                request("the same length twice", POST + TYPE + length + length, BODY),
                request("a list of lengths", POST + TYPE + "Content-Length: 3, 3\r\n", "{} "),
                request("a signed length", POST + TYPE + "Content-Length: +" + BODY.length() + "\r\n", BODY),
                request("a negative length", POST + TYPE + "Content-Length: -1\r\n", BODY),
                request("a length in hexadecimal", POST + TYPE + "Content-Length: 0x10\r\n", BODY),
                request("a bare CR in a header", POST + TYPE + "X: a\rContent-Length: 3\r\n" + length, BODY),
                request("a bare LF at the end of a header", POST + TYPE + "X: a\n" + length, BODY),
                request(
                        "a bare LF at the end of the request line",
                        POST.replaceFirst("\r\n", "\n") + TYPE + length,
                        BODY),
                request("a bare CR after the version", "GET /health HTTP/1.1\rHost: a\r\nHost: a\r\n", ""),
                request("a bare CR at the end of a header", POST + TYPE + "X: a\r" + length, BODY),
                request("a bare CR in a header's name", POST + TYPE + "X\r: a\r\n" + length, BODY),
                request("a space before a colon", POST + TYPE + "Content-Length : 3\r\n" + length, BODY),
                request("a header without a name", POST + TYPE + ": a\r\n" + length, BODY),
                request("a NUL in a header", POST + TYPE + "X: a\0b\r\n" + length, BODY),
                request("a bare LF after the headers", POST + TYPE + length.replace("\r\n", "\n"), BODY));
    }

    static Stream<Arguments> ambiguousChunks() {
        String head = POST + TYPE + "Transfer-Encoding: chunked\r\n\r\n";
        String size = Integer.toHexString(BODY.length());
        String end = "\r\n" + BODY + "\r\n0\r\n\r\n";
        return Stream.of(
                Arguments.of("a CRLF in a quoted extension", head + size + ";a=\"\r\n\"" + end),
                Arguments.of(
                        "a CRLF in a quoted extension of the last chunk",
                        head + chunk(BODY) + "0;a=\"\r\n\r\n" + "\"\r\n\r\n"),
                Arguments.of("an LF in a quoted extension", head + size + ";a=\"\n\"" + end),
                Arguments.of("a CR in an extension", head + size + ";a=\rb" + end),
                Arguments.of("an LF in an extension", head + size + ";a\nb" + end),
                Arguments.of("a size ended by an LF", head + size + "\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of("a chunk ended by an LF", head + size + "\r\n" + BODY + "\n0\r\n\r\n"),
                Arguments.of("a chunk longer than its size", head + "3\r\n" + BODY + "\r\n0\r\n\r\n"),
                Arguments.of("a size with a sign", head + "+" + size + end),
                Arguments.of("a negative size", head + "-1" + end),
                Arguments.of("a size with a prefix", head + "0x" + size + end),
                Arguments.of("an empty size", head + end),
                Arguments.of("a size beyond all bounds", head + "fffffffffffffffff" + end));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"ambiguousEncodings", "ambiguousLengthsAndLines"})
    void answers400AndClosesWhereARequestHasTwoReadings(String name, String request) {
        answers400AndExecutesNothing(request);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ambiguousChunks")
    void answers400AndClosesWhereAChunkHasTwoReadings(String name, String request) {
        answers400AndExecutesNothing(request);
    }

    static Stream<Arguments> hosts() {
        return Stream.of(
                        "",
                        "Host: a\r\nHost: a\r\n",
                        "Host: a\r\nhost: b\r\n",
                        "Host:\r\n",
                        "Host: a b\r\n",
                        "Host: a, b\r\n",
                        "Host: a/b\r\n",
                        "Host: http://a\r\n",
                        "Host: user@a\r\n",
                        "Host: a:x\r\n",
                        "Host: a:65536\r\n",
                        "Host: a:80:80\r\n",
                        "Host: a..b\r\n",
                        "Host: .a\r\n",
                        "Host: ::1\r\n",
                        "Host: [::1\r\n",
                        "Host: [::1]a\r\n",
                        "Host: [1.2.3.4]\r\n",
                        "Host: a%00b\r\n",
                        "Host: <script>\r\n",
                        "Host: \u00e4\r\n",
                        "Host: " + "a".repeat(64) + "\r\n",
                        "Host: " + "a.".repeat(200) + "\r\n")
                .flatMap(host -> Stream.of("GET /health", "POST /v1/inference", "GET /nothing", "GET /v1/models/")
                        .map(line -> Arguments.of(line, host)));
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void answers400AndClosesWhereNotOneHostIsNamed(String line, String host) {
        answers400AndExecutesNothing(line + " HTTP/1.1\r\n" + host + "\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://user@a/health", "http:///health", "http://a..b/health", "https://a:x/health", "HTTP://?"
            })
    void answers400WhereTheTargetNamesNoHost(String target) {
        answers400AndExecutesNothing("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    @Test
    void takesHostsInEverySpellingThatHttpAllows() {
        for (String host :
                List.of("a", "A", "a.", "a:", "a:80", "a_b-1", "127.0.0.1:80", "[::1]", "[::1]:80", "[fe80::1%251]")) {
            String answer = api.client.raw("GET /health HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 200 "), host + " " + answer);
        }
        String without = api.client.raw("GET /health/ready HTTP/1.0\r\n\r\n");
        assertTrue(without.contains("\"checks\""), without);
        String two = api.client.raw("GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n");
        assertTrue(two.contains(" 400 "), two);
    }

    @Test
    void answersTwoWholeRequestsOneBehindTheOther() {
        String first = "POST /v1/inference HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + TYPE + "\r\n"
                + Integer.toHexString(BODY.length()) + ";a=\"b;c\";d\r\n" + BODY + "\r\n0\r\n\r\n";
        int before = jobs();
        String answer = api.client.raw(first + SMUGGLED);
        assertEquals(2, answer.split("HTTP/1\\.1 200 ", -1).length - 1, answer);
        assertEquals(before + 2, jobs());
    }

    private static int jobs() {
        return api.client.get("/v1/requests").json().getJsonArray("requests").size();
    }

    private static void answers400AndExecutesNothing(String request) {
        int before = jobs();
        String answer = api.client.raw(request + SMUGGLED);
        String seen = answer.lines().filter(line -> line.startsWith("HTTP/")).toList() + " " + (jobs() - before);
        assertTrue(seen.equals("[HTTP/1.1 400 Bad Request] 0") || seen.equals("[HTTP/1.0 400 Bad Request] 0"), seen);
        assertTrue(answer.contains("INVALID_PARAMETER"), answer);
    }
}
