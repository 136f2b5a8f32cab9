package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client learns nothing about hosts that it may not use. */
class ForbiddenHostTest {
    private static final Vertx VERTX = Vertx.vertx();

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private static InetAddress[] named(String name) throws UnknownHostException {
        return switch (name) {
            case "here.test" -> new InetAddress[] {InetAddress.getByName("127.0.0.1")};
            case "private.test" -> new InetAddress[] {InetAddress.getByName("10.1.2.3")};
            case "closed.test" -> new InetAddress[] {InetAddress.getByName("169.254.169.254")};
            default -> throw new UnknownHostException(name);
        };
    }

    /** All that a client sees of a failure, with the host that it named itself left out. */
    private static String seen(RemoteFiles files, String url, String host) {
        PipelineException failure = Client.failure(files, url, ErrorCode.LORA_URL_NOT_ALLOWED);
        return (failure.getMessage() + new TreeMap<>(failure.details())).replace(host, "HOST");
    }

    @Test
    void answersTheSameForUnknownUnlistedAndForbiddenHosts() {
        RemoteFiles open = Client.in(folder)
                .allow(true, false)
                .resolving(ForbiddenHostTest::named)
                .open(VERTX);
        RemoteFiles listed = Client.in(folder)
                .allow(true, true, "unknown.test", "closed.test")
                .resolving(ForbiddenHostTest::named)
                .open(VERTX);

        String unknown = seen(open, "https://unknown.test/a", "unknown.test");

        assertEquals(unknown, seen(open, "https://private.test/a", "private.test"));
        assertEquals(unknown, seen(open, "https://closed.test/a", "closed.test"));
        assertEquals(unknown, seen(open, "https://10.1.2.3/a", "10.1.2.3"));
        assertEquals(unknown, seen(open, "https://localhost/a", "localhost"));
        assertEquals(unknown, seen(listed, "https://unlisted.test/a", "unlisted.test"));
        assertEquals(unknown, seen(listed, "https://unknown.test/a", "unknown.test"));
        assertEquals(unknown, seen(listed, "https://closed.test/a", "closed.test"));
    }

    @Test
    void answersTheSameWhateverForbiddenHostARedirectLeadsTo() {
        List<String> seen = Stream.of("unknown.test", "closed.test", "unlisted.test", "169.254.169.254")
                .map(host -> {
                    Site site = Site.start(
                            VERTX,
                            (number, request) -> request.response()
                                    .setStatusCode(302)
                                    .putHeader("Location", "http://" + host + "/b")
                                    .end());
                    RemoteFiles files = Client.in(folder)
                            .allow(true, true, "here.test", "unknown.test", "closed.test", "169.254.169.254")
                            .resolving(ForbiddenHostTest::named)
                            .open(VERTX);
                    String url = "http://here.test:" + site.port() + "/a";
                    String answer = seen(files, url, String.valueOf(site.port()));
                    assertEquals(1, site.count());
                    return answer;
                })
                .distinct()
                .toList();

        assertEquals(1, seen.size(), seen::toString);
    }

    @Test
    void neverConnectsToAForbiddenAddressOnAnyPort() throws IOException {
        try (ServerSocket listening = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            listening.setSoTimeout(1);
            RemoteFiles files = Client.in(folder)
                    .allow(true, false)
                    .resolving(ForbiddenHostTest::named)
                    .open(VERTX);
            String closedPort = seen(files, "http://here.test:1/a", "here.test:1");

            for (String host : List.of("here.test", "127.0.0.1", "localhost", "[::ffff:127.0.0.1]")) {
                String authority = host + ":" + listening.getLocalPort();
                assertEquals(closedPort, seen(files, "http://" + authority + "/a", authority));
            }

            assertThrows(SocketTimeoutException.class, listening::accept);
        }
    }
}
