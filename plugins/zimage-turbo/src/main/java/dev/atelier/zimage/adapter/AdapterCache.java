package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.PluginMetrics;
import dev.atelier.plugin.PluginMetrics.Counter;
import dev.atelier.plugin.PluginMetrics.Level;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adapters of one model in memory, by the hash of their content. Holds at most a number of bytes and forgets the least
 * recently used first; one that alone is larger is read each time. Thread-safe: one reads at a time.
 */
public final class AdapterCache {
    private static final int INITIAL_CAPACITY = 16;
    private static final float LOAD_FACTOR = 0.75f;

    private final AdapterReader reader;
    private final long maxBytes;
    private final PluginMetrics metrics;
    private final Map<String, Adapter> bySha256 = new LinkedHashMap<>(INITIAL_CAPACITY, LOAD_FACTOR, true);
    private long bytes;

    /**
     * Creates an empty cache.
     *
     * @param maxBytes its bound; 0 keeps nothing
     * @param metrics where hits, misses and evictions are counted
     */
    public AdapterCache(AdapterReader reader, long maxBytes, PluginMetrics metrics) {
        this.reader = reader;
        this.maxBytes = maxBytes;
        this.metrics = metrics;
    }

    /** Returns an adapter, from memory or from its file; see {@link AdapterReader#read} for what may fail. */
    public synchronized Adapter get(AdapterFile file) {
        Adapter known = bySha256.get(file.sha256());
        if (known != null) {
            metrics.count(Counter.ADAPTER_CACHE_HITS);
            return known;
        }
        metrics.count(Counter.ADAPTER_CACHE_MISSES);
        Adapter read = reader.read(file);
        if (read.bytes() <= maxBytes) {
            makeRoom(read.bytes());
            bySha256.put(file.sha256(), read);
            bytes += read.bytes();
            metrics.show(Level.ADAPTER_CACHE_BYTES, bytes);
        }
        return read;
    }

    /** Returns the bytes held. */
    public synchronized long bytes() {
        return bytes;
    }

    private void makeRoom(long wanted) {
        Iterator<Adapter> oldest = bySha256.values().iterator();
        while (bytes + wanted > maxBytes) {
            bytes -= oldest.next().bytes();
            oldest.remove();
            metrics.count(Counter.ADAPTER_CACHE_EVICTIONS);
        }
    }
}
