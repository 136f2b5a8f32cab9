package dev.atelier.plugin;

import java.util.Objects;

/**
 * What a model uses where a request says nothing.
 *
 * @param size the size before it is floored
 * @param steps denoising steps
 * @param guidanceScale classifier-free guidance, in the reference's scale
 * @param seed the first prompt's seed; each further prompt's is one more
 */
public record GenerationDefaults(ImageSize size, int steps, double guidanceScale, long seed) {
    /** Checks that there is a size. */
    public GenerationDefaults {
        Objects.requireNonNull(size, "size");
    }
}
