package dev.atelier.zimage.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginMetrics.Counter;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterCacheTest {
    /** Bytes of an adapter of rank 1: a row of 100 and a column of 100 numbers. */
    private static final int BYTES_PER_RANK = 4 * (100 + 100);

    @TempDir
    private Path folder;

    private final Map<Counter, Integer> counts = new EnumMap<>(Counter.class);
    private final AdapterReader reader = new AdapterReader(
            AdapterModel.ofKnownSize("model", 0, List.of(new Target("m", 100, 100, false)), Spellings.NONE),
            SmallModel::ones);

    @Test
    void theSameContentIsReadOnceWhateverItsNameAndStrength() {
        AdapterCache cache = cache(10 * BYTES_PER_RANK);
        AdapterFile file = file('a', 1);
        Adapter first = get(cache, file, 0);
        assertSame(first, get(cache, new AdapterFile("other", folder.resolve("gone"), file.sha256(), -2), 0));
        assertCounts(1, 1, 0);
        assertEquals(BYTES_PER_RANK, cache.bytes());
    }

    @Test
    void theLeastRecentlyUsedMakesRoom() {
        AdapterCache cache = cache(3 * BYTES_PER_RANK);
        Adapter a = get(cache, file('a', 1), 0);
        Adapter b = get(cache, file('b', 1), 0);
        get(cache, file('c', 1), 0);
        assertSame(a, get(cache, file('a', 1), 0));
        get(cache, file('d', 2), 0);
        assertCounts(1, 4, 2);
        assertEquals(3 * BYTES_PER_RANK, cache.bytes());
        assertSame(a, get(cache, file('a', 1), 0));
        assertNotSame(b, get(cache, file('b', 1), 0));
    }

    @Test
    void anAdapterLargerThanTheCacheIsReadEachTimeAndDrivesNothingOut() {
        AdapterCache cache = cache(2 * BYTES_PER_RANK);
        Adapter small = get(cache, file('a', 1), 0);
        assertNotSame(get(cache, file('b', 3), 0), get(cache, file('b', 3), 0));
        assertSame(small, get(cache, file('a', 1), 0));
        assertCounts(1, 3, 0);
    }

    @Test
    void aCacheOfNoBytesKeepsNothing() {
        AdapterCache cache = cache(0);
        assertNotSame(get(cache, file('a', 1), 0), get(cache, file('a', 1), 0));
        assertEquals(0, cache.bytes());
    }

    @Test
    void adaptersOfOneImageThatDoNotFitInMemoryTogetherAreRefusedBeforeTheyAreRead() {
        AdapterCache cache = cache(0);
        get(cache, file('a', 4), 6 * BYTES_PER_RANK);
        AdapterFile second = file('b', 4);
        PipelineException failure =
                assertThrows(PipelineException.class, () -> get(cache, second, 6 * BYTES_PER_RANK + 1));
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertEquals(
                "x: must fit in 8000 bytes of memory together with the adapters before it but needs 3200, with them 8001",
                failure.getMessage());
    }

    @Test
    void theCacheGivesWayToTheAdaptersOfOneImage() {
        AdapterCache cache = cache(9 * BYTES_PER_RANK);
        get(cache, file('a', 2), 0);
        Adapter b = get(cache, file('b', 2), 0);
        get(cache, file('c', 3), 5 * BYTES_PER_RANK);
        assertEquals(5 * BYTES_PER_RANK, cache.bytes());
        assertSame(b, get(cache, file('b', 2), 0));
    }

    @Test
    void roomIsMadeBeforeAFileIsReadAlsoWhenTheReadingFails() {
        AdapterCache cache = cache(3 * BYTES_PER_RANK);
        get(cache, file('a', 2), 0);
        float[] broken = new float[200];
        broken[199] = Float.NaN;
        Path file = new SafetensorsWriter()
                .floats("m.lora_A.weight", broken, 2, 100)
                .floats("m.lora_B.weight", new float[200], 100, 2)
                .write(folder.resolve("broken"));
        AdapterFile invalid = AdapterFiles.of("x", file, 1);
        assertThrows(PipelineException.class, () -> get(cache, invalid, 0));
        assertEquals(0, cache.bytes());
    }

    @Test
    void aFailureIsNotRemembered() {
        AdapterCache cache = cache(2 * BYTES_PER_RANK);
        AdapterFile missing = new AdapterFile("x", folder.resolve("a"), "a".repeat(64), 1);
        assertThrows(PipelineException.class, () -> get(cache, missing, 0));
        assertEquals(BYTES_PER_RANK, get(cache, file('a', 1), 0).bytes());
        assertCounts(0, 2, 0);
    }

    private static Adapter get(AdapterCache cache, AdapterFile file, long held) {
        return cache.get(file, held, Cancellation.NEVER);
    }

    private AdapterCache cache(long maxBytes) {
        return new AdapterCache(
                reader, maxBytes, 10 * BYTES_PER_RANK, counter -> counts.merge(counter, 1, Integer::sum));
    }

    private AdapterFile file(char digit, int rank) {
        float[] a = new float[rank * 100];
        Arrays.fill(a, digit);
        Path file = new SafetensorsWriter()
                .floats("m.lora_A.weight", a, rank, 100)
                .floats("m.lora_B.weight", new float[100 * rank], 100, rank)
                .write(folder.resolve(String.valueOf(digit)));
        return AdapterFiles.of("x", file, 1);
    }

    private void assertCounts(int hits, int misses, int evictions) {
        assertEquals(hits, counts.getOrDefault(Counter.ADAPTER_CACHE_HITS, 0), "hits");
        assertEquals(misses, counts.getOrDefault(Counter.ADAPTER_CACHE_MISSES, 0), "misses");
        assertEquals(evictions, counts.getOrDefault(Counter.ADAPTER_CACHE_EVICTIONS, 0), "evictions");
    }
}
