package dev.atelier.plugin;

/** Counts what a pipeline does. Thread-safe and cheap; the gateway adds the labels and keeps the registry. */
public interface PluginMetrics {
    /** The counters that a pipeline may raise. */
    enum Counter {
        /** An adapter was found parsed in memory. */
        ADAPTER_CACHE_HITS,
        /** An adapter had to be read. */
        ADAPTER_CACHE_MISSES,
        /** A parsed adapter was dropped to stay within the budget. */
        ADAPTER_CACHE_EVICTIONS,
        /** Caption features were found in memory. */
        CAPTION_CACHE_HITS,
        /** Caption features had to be computed. */
        CAPTION_CACHE_MISSES
    }

    /** What a pipeline may show as it is now. */
    enum Level {
        /** Bytes of parsed adapters in memory. */
        ADAPTER_CACHE_BYTES,
        /** Bytes of encoded prompts in memory. */
        CAPTION_CACHE_BYTES
    }

    /** Adds one to a counter. */
    void count(Counter counter);

    /** Shows a level from now on, until it is shown again. */
    default void show(Level level, long value) {}
}
