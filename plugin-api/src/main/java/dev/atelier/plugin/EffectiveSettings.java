package dev.atelier.plugin;

import java.util.List;
import java.util.Map;

/**
 * One image as it will be drawn, settled by the pipeline; what people compare when a preview does not match. Stored
 * with the job and used by every later attempt.
 *
 * @param plan what was asked for
 * @param size the picture's final size
 * @param guidanceScale as applied under the plan's profile
 * @param sigmas the noise levels, from the first step's to the final 0; empty for a model without any
 * @param evaluations passes through the denoising model
 * @param details what else was settled, by name: strings, numbers and truth values
 */
public record EffectiveSettings(
        GenerationPlan plan,
        ImageSize size,
        double guidanceScale,
        List<Float> sigmas,
        int evaluations,
        Map<String, Object> details) {
    /** In {@link #details()}: tokens of the prompt that the model reads, a whole number. */
    public static final String PROMPT_TOKENS = "prompt_tokens";

    /** In {@link #details()}: tokens of the negative prompt that the model reads; absent where it reads none. */
    public static final String NEGATIVE_PROMPT_TOKENS = "negative_prompt_tokens";

    /** In {@link #details()}: whether the end of a prompt that the model reads was cut off. */
    public static final String TRUNCATED = "truncated";

    /** Copies the collections. Settings that an earlier version stored come with null as details: they have none. */
    public EffectiveSettings {
        sigmas = List.copyOf(sigmas);
        details = details == null ? Map.of() : Map.copyOf(details);
    }

    /** Settings without details. */
    public EffectiveSettings(
            GenerationPlan plan, ImageSize size, double guidanceScale, List<Float> sigmas, int evaluations) {
        this(plan, size, guidanceScale, sigmas, evaluations, Map.of());
    }
}
