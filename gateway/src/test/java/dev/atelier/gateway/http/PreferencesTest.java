package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreferencesTest {
    private static Preferences read(String... headers) {
        MultiMap all = MultiMap.caseInsensitiveMultiMap();
        for (String header : headers) {
            all.add("prefer", header);
        }
        return Preferences.of(all);
    }

    private static Optional<Duration> of(String... headers) {
        return read(headers).waiting();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "wait=10 | 10",
                "Wait = 10 | 10",
                "wait=\"7\" | 7",
                "respond-async, wait=3 | 3",
                "wait=3; foo=bar | 3",
                "wait=0 | 0",
                "wait=120 | 120",
                "wait=121 | 120",
                "wait=999999999 | 120",
                "wait=2, wait=5 | 2",
                "wait=x, wait=5 | 5",
                "foo=\"a, wait=9\", wait=5 | 5",
                "foo=\"a\\\", wait=9\", wait=5 | 5",
                "wait=10, handling=strict | 10",
                "handling=strict,wait=10 | 10",
                ",, wait=4,, | 4"
            })
    void readsSecondsUpToTwoMinutes(String header, long seconds) {
        assertEquals(Optional.of(Duration.ofSeconds(seconds)), of(header));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "wait",
                "wait=",
                "wait=-1",
                "wait=1.5",
                "wait=1e3",
                "wait=\"5",
                "waiting=5",
                "wait=99999999999"
            })
    void ignoresWhatItCannotRead(String header) {
        assertEquals(Optional.empty(), of(header));
    }

    @Test
    void readsEveryHeader() {
        assertEquals(Optional.empty(), of());
        assertEquals(Optional.of(Duration.ofSeconds(4)), of("return=minimal", "wait=4"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "handling=strict",
                "HANDLING = \"strict\"",
                "handling=strict; foo=bar",
                "wait=10, handling=strict",
                "handling=strict, wait=10, return=minimal",
                "handling=odd, handling=strict",
                "handling=strict, handling=lenient"
            })
    void knowsStrictHandlingAmongOtherPreferences(String header) {
        assertTrue(read(header).strict(), header);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "handling",
                "handling=",
                "handling=lenient",
                "handling=lenient, handling=strict",
                "foo=\"handling=strict\"",
                "foo=\"a, handling=strict, b\"",
                "return=strict",
                "foo; handling=strict",
                "handling=\"strict"
            })
    void handlesLenientlyOtherwise(String header) {
        assertFalse(read(header).strict(), header);
    }
}
