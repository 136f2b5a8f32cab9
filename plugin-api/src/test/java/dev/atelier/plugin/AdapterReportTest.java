package dev.atelier.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdapterReportTest {
    @Test
    void ofManyKeysItCountsAllAndKeepsTheFirst() {
        List<String> names = IntStream.range(0, 1000).mapToObj(i -> "key" + i).toList();
        AdapterReport.Keys keys = AdapterReport.Keys.of(names);
        assertEquals(1000, keys.count());
        assertEquals(names.subList(0, 20), keys.first());
        assertThrows(IllegalArgumentException.class, () -> new AdapterReport.Keys(2, List.of("a", "b", "c")));
    }

    @Test
    void ofLongMetadataItKeepsTheBeginning() {
        Map<String, String> metadata = IntStream.range(0, 100)
                .boxed()
                .collect(Collectors.toMap(i -> String.format("%03d", i), i -> "x".repeat(1 + 10_000 * (i % 2))));
        Map<String, String> kept = report(metadata).metadata();
        assertEquals(20, kept.size());
        assertEquals("x", kept.get("018"));
        assertEquals("x".repeat(1000), kept.get("019"));
    }

    private static AdapterReport report(Map<String, String> metadata) {
        return new AdapterReport(
                "a",
                1,
                "bare lora",
                List.of(4),
                List.of(),
                List.of("F32"),
                1,
                2,
                AdapterReport.Keys.NONE,
                AdapterReport.Keys.NONE,
                metadata);
    }
}
