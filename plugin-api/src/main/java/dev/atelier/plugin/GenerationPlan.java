package dev.atelier.plugin;

/**
 * One image as it was asked for, resolved as far as that needs no checkpoint: defaults filled in, trigger word
 * replaced, seed drawn. Stored with the job.
 *
 * @param prompt the text, trigger word already replaced; may be empty
 * @param negativePrompt the text to steer away from; may be empty
 * @param requestedSize the size as asked for, not floored
 * @param resolution the reference's size class, {@code Default} or {@code High}
 * @param steps denoising steps, at least 1
 * @param guidanceScale as asked for, at least 0
 * @param seed an unsigned 64-bit number
 * @param profile how to read the numbers
 */
public record GenerationPlan(
        String prompt,
        String negativePrompt,
        ImageSize requestedSize,
        String resolution,
        int steps,
        double guidanceScale,
        long seed,
        Profile profile) {
    /** Checks the ranges. */
    public GenerationPlan {
        if (steps < 1) {
            throw new IllegalArgumentException("steps must be at least 1 but was " + steps);
        }
        if (!(guidanceScale >= 0) || Double.isInfinite(guidanceScale)) {
            throw new IllegalArgumentException("guidanceScale must be at least 0 and finite but was " + guidanceScale);
        }
    }
}
