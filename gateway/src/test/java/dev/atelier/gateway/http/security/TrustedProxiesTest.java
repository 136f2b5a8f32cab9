package dev.atelier.gateway.http.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.adapter.remote.AddressBlock;
import io.vertx.core.MultiMap;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {
    private static final String PEER = "10.0.0.1";
    private static final TrustedProxies PROXIES = new TrustedProxies(
            Stream.of("10.0.0.0/8", "fd00::/8").map(AddressBlock::parse).toList());

    private static Forwarded read(String peer, String... headers) {
        MultiMap all = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < headers.length; i += 2) {
            all.add(headers[i], headers[i + 1]);
        }
        return PROXIES.read(peer, all);
    }

    private static String host(Forwarded forwarded) {
        return forwarded.host().map(Authority::text).orElse("");
    }

    @Test
    void believesNobodyElse() {
        String[] headers = {
            "X-Forwarded-For", "1.1.1.1",
            "X-Forwarded-Proto", "https",
            "X-Forwarded-Host", "a.example",
            "X-Forwarded-Prefix", "/a",
            "Forwarded", "for=1.1.1.1;proto=https;host=a.example"
        };
        assertEquals(Forwarded.direct("192.0.2.1"), read("192.0.2.1", headers));
        assertEquals(
                new Forwarded("1.1.1.1", Optional.of("https"), Authority.parse("a.example"), "/a"),
                read(PEER, headers));
        assertEquals("1.1.1.1", read("::ffff:10.0.0.1", headers).client());
        assertEquals("1.1.1.1", read("fd00::1%eth0", headers).client());
        assertEquals(
                PEER,
                TrustedProxies.NONE
                        .read(PEER, MultiMap.caseInsensitiveMultiMap())
                        .client());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1.1.1.1 | 1.1.1.1",
                "6.6.6.6, 1.1.1.1 | 1.1.1.1",
                "6.6.6.6, 1.1.1.1, 10.0.0.2 | 1.1.1.1",
                "6.6.6.6, 1.1.1.1,, 10.0.0.2 , 10.0.0.3 | 1.1.1.1",
                "10.0.0.9, 10.0.0.2 | 10.0.0.9",
                "6.6.6.6, unknown, 10.0.0.2 | 10.0.0.2",
                "6.6.6.6, 999.1.1.1 | 10.0.0.1",
                "6.6.6.6, localhost | 10.0.0.1",
                "1.1.1.1:4711 | 1.1.1.1",
                "2001:DB8:0:0:0:0:0:1 | 2001:db8::1",
                "[2001:db8::1] | 2001:db8::1",
                "[2001:db8::1]:80 | 2001:db8::1",
                "::ffff:1.1.1.1 | 1.1.1.1",
                "[2001:db8::1 | 10.0.0.1",
                "1.1.1.1:99999999 | 10.0.0.1",
                "'' | 10.0.0.1"
            })
    void takesTheRightMostAddressThatIsNoProxys(String header, String client) {
        assertEquals(client, read(PEER, "X-Forwarded-For", header).client());
    }

    @Test
    void readsAllLinesOfAHeaderInOrder() {
        assertEquals(
                "1.1.1.1",
                read(PEER, "X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "1.1.1.1, 10.0.0.2")
                        .client());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "for=1.1.1.1 | 1.1.1.1",
                "For=\"1.1.1.1:80\";Proto=http | 1.1.1.1",
                "for=\"[2001:db8:cafe::17]:4711\" | 2001:db8:cafe::17",
                "for=[2001:db8::17] | 2001:db8::17",
                "for=6.6.6.6, for=1.1.1.1;by=10.0.0.2, for=10.0.0.2 | 1.1.1.1",
                "for=6.6.6.6,for=_hidden | 10.0.0.1",
                "for=6.6.6.6,for=unknown, for=10.0.0.2 | 10.0.0.2",
                "for=\"1.1\\.1.1\" | 1.1.1.1",
                "for=1.1.1.1;for=6.6.6.6 | 10.0.0.1",
                "for=\"1.1.1.1 | 10.0.0.1",
                "for 1.1.1.1 | 10.0.0.1",
                "=1.1.1.1 | 10.0.0.1",
                "for=1.1.1.1 6.6.6.6 | 10.0.0.1",
                "for= | 10.0.0.1"
            })
    void readsForwardedAsTheStandardWritesIt(String header, String client) {
        assertEquals(client, read(PEER, "Forwarded", header).client());
    }

    @Test
    void takesSchemeAndHostFromTheProxyThatTheClientCalled() {
        Forwarded forwarded = read(
                PEER,
                "Forwarded",
                "for=6.6.6.6;proto=http;host=evil.example, for=1.1.1.1;proto=https;host=\"a.example:8443\", for=10.0.0.2");
        assertEquals(Optional.of("https"), forwarded.scheme());
        assertEquals("a.example:8443", host(forwarded));
        Forwarded separate = read(
                PEER,
                "X-Forwarded-For",
                "6.6.6.6, 1.1.1.1, 10.0.0.2",
                "X-Forwarded-Proto",
                "ftp, https, http",
                "X-Forwarded-Host",
                "evil.example, a.example, gateway",
                "X-Forwarded-Prefix",
                "/evil, /a, /b");
        assertEquals(new Forwarded("1.1.1.1", Optional.of("https"), Authority.parse("a.example"), "/a"), separate);
    }

    @Test
    void believesNeitherOfTwoHeadersThatContradictEachOther() {
        Forwarded forwarded = read(
                PEER,
                "X-Forwarded-For",
                "1.1.1.1",
                "X-Forwarded-Proto",
                "https",
                "X-Forwarded-Host",
                "a.example",
                "Forwarded",
                "for=6.6.6.6;proto=http;host=evil.example");
        assertEquals(Forwarded.direct(PEER), forwarded);
        assertEquals(
                PEER,
                read(PEER, "X-Forwarded-For", "unknown", "Forwarded", "for=6.6.6.6")
                        .client());
        assertEquals(
                "1.1.1.1",
                read(PEER, "X-Forwarded-For", "1.1.1.1", "Forwarded", "for=1.1.1.1")
                        .client());
    }

    @ParameterizedTest
    @CsvSource({"/a, /a", "/a/, /a", "/a/b-c_d, /a/b-c_d", "/@v1, /@v1"})
    void takesAPrefix(String header, String prefix) {
        assertEquals(prefix, read(PEER, "X-Forwarded-Prefix", header).prefix());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "a",
                "//evil.example",
                "/a//b",
                "/a/../b",
                "/..",
                "/a/.",
                "/a b",
                "/a\tb",
                "/a\u0001b",
                "/a?b",
                "/a#b",
                "/a\\b",
                "/%2e%2e/",
                "https://evil.example",
                "/\u00e4",
                "/<script>"
            })
    void ignoresAPrefixThatIsNoPlainPath(String header) {
        assertEquals("", read(PEER, "X-Forwarded-Prefix", header).prefix());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "user@a", "a/b", "a:x", "<script>", "a..b"})
    void ignoresAHostAndASchemeThatAreNone(String text) {
        Forwarded forwarded = read(PEER, "X-Forwarded-Host", text, "X-Forwarded-Proto", text);
        assertTrue(forwarded.host().isEmpty() && forwarded.scheme().isEmpty());
    }

    @Test
    void readsAHeaderOfThousandsOfElements() {
        String hops = String.join(",", Collections.nCopies(20_000, "10.0.0.2"));
        assertEquals("1.1.1.1", read(PEER, "X-Forwarded-For", "1.1.1.1," + hops).client());
        String prefix = "/a".repeat(100_000);
        assertEquals("", read(PEER, "X-Forwarded-Prefix", prefix).prefix());
        String elements = String.join(",", List.of("for=1.1.1.1", "for=10.0.0.2"));
        assertEquals("1.1.1.1", read(PEER, "Forwarded", elements).client());
    }
}
