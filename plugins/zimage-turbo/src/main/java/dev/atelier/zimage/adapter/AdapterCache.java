package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
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
    private final long memory;
    private final PluginMetrics metrics;
    private final Map<String, Adapter> bySha256 = new LinkedHashMap<>(INITIAL_CAPACITY, LOAD_FACTOR, true);
    private long bytes;

    /**
     * Creates an empty cache.
     *
     * @param maxBytes its bound; 0 keeps nothing
     * @param memory bytes that it and the adapters of one image may take together, so that files of gigabytes fail
     *     their job and not the process
     * @param metrics where hits, misses and evictions are counted
     */
    public AdapterCache(AdapterReader reader, long maxBytes, long memory, PluginMetrics metrics) {
        this.reader = reader;
        this.maxBytes = maxBytes;
        this.memory = memory;
        this.metrics = metrics;
    }

    /**
     * Returns an adapter, from memory or from its file.
     *
     * @param held bytes of the image's adapters before it
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when they do not fit in memory together; see
     *     {@link AdapterReader#read} for what else may fail
     */
    public synchronized Adapter get(AdapterFile file, long held, Cancellation cancellation) {
        Adapter known = bySha256.get(file.sha256());
        if (known != null) {
            metrics.count(Counter.ADAPTER_CACHE_HITS);
            return known;
        }
        metrics.count(Counter.ADAPTER_CACHE_MISSES);
        Adapter read = reader.read(file, bytes -> makeRoom(file.name(), held, bytes), cancellation);
        if (read.bytes() <= maxBytes) {
            shrinkTo(maxBytes - read.bytes());
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

    /** Comes before a file is read, so that what is forgotten for it and what is read are never both in memory. */
    private void makeRoom(String name, long held, long wanted) {
        long together = held + wanted;
        if (together > memory) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": must fit in " + memory
                            + " bytes of memory together with the adapters before it but needs " + wanted
                            + ", with them " + together);
        }
        shrinkTo(Math.min(memory - together, wanted <= maxBytes ? maxBytes - wanted : maxBytes));
    }

    /** Forgets the least recently used until so many bytes are held at most. */
    public synchronized void shrinkTo(long most) {
        Iterator<Adapter> oldest = bySha256.values().iterator();
        while (bytes > most) {
            bytes -= oldest.next().bytes();
            oldest.remove();
            metrics.count(Counter.ADAPTER_CACHE_EVICTIONS);
            metrics.show(Level.ADAPTER_CACHE_BYTES, bytes);
        }
    }
}
