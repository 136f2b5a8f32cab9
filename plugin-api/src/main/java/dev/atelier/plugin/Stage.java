package dev.atelier.plugin;

import java.util.Locale;

/** The stages of drawing that are timed and reported. */
public enum Stage {
    /** Adapters are read. */
    LOAD_ADAPTERS,
    /** Prompts become caption features. */
    TEXT_ENCODE,
    /** Noise becomes latents, step by step. */
    DENOISE,
    /** Latents become pixels. */
    VAE_DECODE;

    /** Returns the name in metrics, progress and timings, such as {@code text_encode}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
