package dev.atelier.gateway.verify;

import java.util.Locale;

/** The result of comparing a sample with the image generated here. */
public enum Verdict {
    /** The file is as close as its encoding allows. */
    MATCH,
    /** The file is further away, by no more than a named difference explains that cannot be reproduced. */
    APPROXIMATE,
    /** The file shows another image. */
    DIFFERS,
    /** The adapter of the sample's step is not in the folder; not scored. */
    NO_CHECKPOINT,
    /** A newer sample has the same step and index; not scored. */
    SUPERSEDED,
    /** The trainer drew a seed that is recorded nowhere; not scored. */
    RANDOM_SEED;

    /** Returns the name in reports, such as {@code no-checkpoint}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
