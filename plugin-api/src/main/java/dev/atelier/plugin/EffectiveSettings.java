package dev.atelier.plugin;

import java.util.List;

/**
 * One image as it will be drawn, settled by the pipeline; what people compare when a preview does not match. Stored
 * with the job and used by every later attempt.
 *
 * @param plan what was asked for
 * @param size the picture's final size
 * @param guidanceScale as applied under the plan's profile
 * @param sigmas the noise levels, from the first step's to the final 0; empty for a model without any
 * @param evaluations passes through the denoising model
 */
public record EffectiveSettings(
        GenerationPlan plan, ImageSize size, double guidanceScale, List<Float> sigmas, int evaluations) {
    /** Copies the list. */
    public EffectiveSettings {
        sigmas = List.copyOf(sigmas);
    }
}
