package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyRulesTest {
    private static ProxyOptions proxy(String text) {
        return new ProxyRules(Optional.of(text), Optional.empty(), List.of())
                .route(RemoteUrl.parse("http://example.org/"))
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "http://proxy:8080, HTTP, proxy, 8080",
        "http://proxy:8080/, HTTP, proxy, 8080",
        "proxy:8080, HTTP, proxy, 8080",
        "proxy, HTTP, proxy, 3128",
        "http://10.0.0.1:3128, HTTP, 10.0.0.1, 3128",
        "http://[::1]:3128, HTTP, ::1, 3128",
        "socks5://proxy:1080, SOCKS5, proxy, 1080",
        "socks5h://proxy:1080, SOCKS5, proxy, 1080",
        "socks4://proxy:1080, SOCKS4, proxy, 1080"
    })
    void readsProxies(String text, ProxyType type, String host, int port) {
        ProxyOptions proxy = proxy(text);

        assertEquals(type, proxy.getType());
        assertEquals(host, proxy.getHost());
        assertEquals(port, proxy.getPort());
        assertNull(proxy.getUsername());
    }

    @Test
    void readsTheLogin() {
        ProxyOptions proxy = proxy("http://me%40corp:p%3Ass+w@proxy:8080");

        assertEquals("me@corp", proxy.getUsername());
        assertEquals("p:ss+w", proxy.getPassword());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://proxy:443", "ftp://u:secret@proxy", "http://u:secret@pro xy:99999999", "://", "http://"
            })
    void refusesWhatIsNoProxyWithoutShowingThePassword(String text) {
        IllegalArgumentException failure = assertThrows(
                IllegalArgumentException.class, () -> new ProxyRules(Optional.empty(), Optional.of(text), List.of()));

        assertFalse(failure.getMessage().contains("secret"), failure.getMessage());
    }

    @Test
    void choosesByScheme() {
        ProxyRules rules = new ProxyRules(Optional.of("a:1"), Optional.of("b:2"), List.of());

        assertEquals(
                "a",
                rules.route(RemoteUrl.parse("http://h.test/")).orElseThrow().getHost());
        assertEquals(
                "b",
                rules.route(RemoteUrl.parse("https://h.test/")).orElseThrow().getHost());
        assertEquals(Optional.empty(), ProxyRules.NONE.route(RemoteUrl.parse("https://h.test/")));
    }

    @ParameterizedTest
    @CsvSource({
        "example.org, https://example.org/, true",
        "example.org, https://www.example.org/, true",
        "example.org, https://notexample.org/, false",
        ".example.org, https://www.example.org/, true",
        "*.example.org, https://www.example.org/, true",
        "EXAMPLE.org, https://Example.ORG/, true",
        "example.org:8443, https://example.org:8443/, true",
        "example.org:8443, https://example.org/, false",
        "*, https://anything.test/, true",
        "10.0.0.0/8, https://10.1.2.3/, true",
        "10.0.0.0/8, https://11.1.2.3/, false",
        "10.1.2.3, https://10.1.2.3/, true",
        "127.0.0.1:8443, https://127.0.0.1:8443/, true",
        "::1, https://[::1]/, true",
        "fc00::/7, https://[fd00::1]/, true",
        "10.0.0.0/8, https://ten.test/, false",
        "10.0.0.0/99, https://10.1.2.3/, false",
        "x, https://10.1.2.3/, false"
    })
    void knowsTheHostsThatAreAskedDirectly(String exception, String url, boolean direct) {
        ProxyRules rules = new ProxyRules(Optional.empty(), Optional.of("b:2"), List.of("other.test", exception));

        assertEquals(direct, rules.route(RemoteUrl.parse(url)).isEmpty());
    }
}
