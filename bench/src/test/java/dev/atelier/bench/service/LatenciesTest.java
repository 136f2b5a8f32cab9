package dev.atelier.bench.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    @Test
    void tellsWhatAShareOfTheAnswersTookAtMost() {
        Latencies latencies = new Latencies();
        IntStream.rangeClosed(1, 200).forEach(i -> latencies.add(i * 1_000_000L, i % 100 != 0));

        assertEquals(100, latencies.milliseconds(0.5));
        assertEquals(198, latencies.milliseconds(0.99));
        assertEquals(200, latencies.milliseconds(1));
        assertEquals(200, latencies.count());
        assertEquals(2, latencies.failures());
    }

    @Test
    void tellsNothingOfNothing() {
        assertEquals(0, new Latencies().milliseconds(0.99));
    }
}
