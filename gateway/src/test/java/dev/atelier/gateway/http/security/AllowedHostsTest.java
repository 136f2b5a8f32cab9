package dev.atelier.gateway.http.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedHostsTest {
    private static boolean allows(AllowedHosts hosts, String host) {
        return hosts.allows(Authority.parse(host).orElseThrow());
    }

    private static AllowedHosts hosts(String... patterns) {
        return new AllowedHosts(
                List.of(patterns).stream().map(AllowedHosts::requirePattern).toList(), "box.lan"::equals);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1", "127.0.0.1:8000", "192.168.1.7", "[::1]", "[::1]:8000", "[2001:DB8::1]", "localhost",
                "LOCALHOST:8000", "localhost.", "gateway-1:9000", "gateway_1", "box.lan", "BOX.lan.", "2130706433"
            })
    void allowsAddressesNamesWithoutADotAndThisMachine(String host) {
        assertTrue(allows(hosts(), host));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "attacker.example",
                "attacker.example:8000",
                "attacker.example.",
                "ATTACKER.EXAMPLE",
                "localhost.attacker.example",
                "127.0.0.1.attacker.example",
                "127.0.0.1.nip.io",
                "box.lan.example",
                "127.1",
                "1.2.3.4.5",
                "256.0.0.1",
                "a.box.lan"
            })
    void refusesNamesThatAnybodyCanPointHere(String host) {
        assertFalse(allows(hosts(), host));
    }

    @Test
    void allowsWhatTheSettingNames() {
        AllowedHosts hosts = hosts("Images.Example.com.", "*.svc");
        assertTrue(allows(hosts, "images.example.com"));
        assertTrue(allows(hosts, "IMAGES.example.com.:443"));
        assertTrue(allows(hosts, "atelier.default.svc"));
        assertFalse(allows(hosts, "svc.example"));
        assertFalse(allows(hosts, "a.images.example.com"));
        assertFalse(allows(hosts, "notimages.example.com"));
        assertFalse(allows(hosts, "a.bsvc"));
        assertTrue(allows(hosts("*"), "attacker.example"));
    }

    @ParameterizedTest
    @CsvSource({"A.Example., a.example", "*.A, *.a", "::1, ::1", "[::1], ::1", "10.0.0.1, 10.0.0.1", "*, *"})
    void readsPatterns(String text, String pattern) {
        assertEquals(pattern, AllowedHosts.requirePattern(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a.example:80", "a.example:", "http://a", "a*", "*a", "*.", "a/b", "10.0.0.0/8", "**", "*.*"})
    void refusesPatternsThatMatchNothing(String text) {
        assertThrows(IllegalArgumentException.class, () -> AllowedHosts.requirePattern(text));
    }

    @Test
    void writesAuthoritiesAsUrlsDo() {
        assertEquals("[::1]:80", Authority.parse("[::1]:80").orElseThrow().text());
        assertEquals("a.example", Authority.parse("A.example.:").orElseThrow().text());
        assertEquals(
                Optional.of(443),
                Authority.parse("a").orElseThrow().withDefaultPort("https").port());
        assertEquals(Optional.empty(), Authority.parse("\u212Aelvin.example"));
    }

    @Test
    void knowsLongerAndLocalFormsOfThisMachinesNameOnly() {
        assertEquals(
                Set.of("box", "box.local", "box.lan"),
                MachineNames.namesOf(List.of("Box", "", "10.0.0.1", "no name"), "box.lan"));
        assertEquals(Set.of("box", "box.local"), MachineNames.namesOf(List.of("box"), "attacker.example"));
        assertEquals(
                Set.of("box", "box.local", "box.example.org"),
                MachineNames.namesOf(List.of("box.example.org"), "10.0.0.1"));
    }

    @Test
    void looksTheNamesUpInTheBackground() {
        Vertx vertx = Vertx.vertx();
        try {
            MachineNames names = new MachineNames();
            names.lookUp(vertx).await();
            assertTrue(names.known().stream().allMatch(name -> name.equals(name.toLowerCase(Locale.ROOT))));
        } finally {
            vertx.close().await();
        }
    }
}
