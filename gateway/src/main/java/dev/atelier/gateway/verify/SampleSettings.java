package dev.atelier.gateway.verify;

/**
 * The settings that one sample was generated with, as the trainer holds them before its pipeline reads them.
 *
 * @param prompt the text without inline flags, trigger word replaced
 * @param negativePrompt the text to steer away from; may be empty
 * @param width in pixels, at least 64 and a multiple of 8; the pipeline floors it further
 * @param height in pixels, likewise
 * @param steps denoising steps
 * @param guidanceScale as configured; the trainer's pipeline applies {@code max(0, guidanceScale - 1)}
 * @param seed an unsigned 64-bit number; meaningless where {@code randomSeed}
 * @param randomSeed whether the trainer drew a seed that is recorded nowhere
 * @param multiplier the adapter's strength
 */
public record SampleSettings(
        String prompt,
        String negativePrompt,
        int width,
        int height,
        int steps,
        double guidanceScale,
        long seed,
        boolean randomSeed,
        double multiplier) {
    /** Returns these settings with a random seed. */
    public SampleSettings withSeed(long randomSeed) {
        return new SampleSettings(
                prompt, negativePrompt, width, height, steps, guidanceScale, randomSeed, false, multiplier);
    }
}
