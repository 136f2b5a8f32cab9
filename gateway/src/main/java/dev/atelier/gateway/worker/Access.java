package dev.atelier.gateway.worker;

import java.util.Locale;

/** What it took to have a model ready for a job, in the reference server's words. */
enum Access {
    /** It had to be opened. */
    FRESH_LOAD,
    /** It was open, with the same adapters. */
    REUSE,
    /** It was open, with other adapters. */
    HOT_SWAP;

    boolean isHit() {
        return this != FRESH_LOAD;
    }

    String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
