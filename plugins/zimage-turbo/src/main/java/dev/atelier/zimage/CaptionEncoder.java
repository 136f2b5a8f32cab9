package dev.atelier.zimage;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.PluginMetrics;
import dev.atelier.plugin.PluginMetrics.Counter;
import dev.atelier.plugin.PluginMetrics.Level;
import dev.atelier.zimage.model.TextEncoder;
import dev.atelier.zimage.text.ChatTokenizer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gives the caption features of prompts and keeps the latest: no adapter touches the text encoder, so a prompt's
 * features are the same in every job.
 */
final class CaptionEncoder {
    private final ChatTokenizer tokenizer;
    private final TextEncoder encoder;
    private final PluginMetrics metrics;
    private final long budget;
    private final Map<String, float[]> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long keptBytes;

    /**
     * Creates an encoder.
     *
     * @param budget bytes of prompts and features that are kept
     */
    CaptionEncoder(ChatTokenizer tokenizer, TextEncoder encoder, PluginMetrics metrics, long budget) {
        this.tokenizer = tokenizer;
        this.encoder = encoder;
        this.metrics = metrics;
        this.budget = budget;
    }

    /** Returns how many tokens a prompt has, template included. */
    ChatTokenizer.Count countTokens(String prompt) {
        return tokenizer.count(prompt);
    }

    /** Returns the features {@code [tokens, capFeatDim]}; not to be changed. */
    float[] features(String prompt, Cancellation cancellation) {
        float[] features = kept.get(prompt);
        if (features != null) {
            metrics.count(Counter.CAPTION_CACHE_HITS);
            return features;
        }
        metrics.count(Counter.CAPTION_CACHE_MISSES);
        features = encoder.encode(tokenizer.encode(prompt), cancellation);
        keep(prompt, features);
        return features;
    }

    /** Returns the bytes that are kept. */
    synchronized long keptBytes() {
        return keptBytes;
    }

    private synchronized void keep(String prompt, float[] features) {
        kept.put(prompt, features);
        keptBytes += bytes(prompt, features);
        var oldest = kept.entrySet().iterator();
        while (keptBytes > budget && oldest.hasNext()) {
            var entry = oldest.next();
            keptBytes -= bytes(entry.getKey(), entry.getValue());
            oldest.remove();
        }
        metrics.show(Level.CAPTION_CACHE_BYTES, keptBytes);
    }

    private static long bytes(String prompt, float[] features) {
        return 2L * prompt.length() + 4L * features.length;
    }
}
