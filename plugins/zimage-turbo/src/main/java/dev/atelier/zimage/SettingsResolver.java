package dev.atelier.zimage;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.schedule.FlowMatchEulerScheduler;
import dev.atelier.zimage.schedule.Schedule;
import dev.atelier.zimage.schedule.SchedulerConfig;
import dev.atelier.zimage.schedule.SigmaSpacing;
import dev.atelier.zimage.text.ChatTokenizer.Count;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Reads a plan under its profile: the points in which the reference server, the trainer's preview and older diffusers
 * differ, and the limits of the checkpoint. The preview's rules are ostris/ai-toolkit's of 2026-07-15.
 */
final class SettingsResolver {
    private static final double PREVIEW_SHIFT = 3.0;
    private static final int PREVIEW_DIVISOR = 16;

    private final SchedulerConfig scheduler;
    private final TransformerConfig transformer;
    private final int divisor;
    private final int latentScale;
    private final Function<String, Count> countTokens;

    /**
     * Creates a resolver.
     *
     * @param divisor the model's resolution divisor
     * @param vaeScale pixels that one latent spans
     * @param countTokens the tokens of a prompt, template included
     */
    SettingsResolver(
            SchedulerConfig scheduler,
            TransformerConfig transformer,
            int divisor,
            int vaeScale,
            Function<String, Count> countTokens) {
        this.scheduler = scheduler;
        this.transformer = transformer;
        this.divisor = divisor;
        this.latentScale = TransformerConfig.PATCH * vaeScale;
        this.countTokens = countTokens;
    }

    /** Settles a plan, or throws {@link ErrorCode#INVALID_PARAMETER}. */
    EffectiveSettings resolve(GenerationPlan plan) {
        boolean preview = plan.profile() == Profile.AI_TOOLKIT_PREVIEW;
        ImageSize size = plan.requestedSize().floorTo(preview ? Math.max(PREVIEW_DIVISOR, latentScale) : divisor);
        double guidance = preview ? Math.max(0, plan.guidanceScale() - 1) : plan.guidanceScale();
        checkSize(size);
        Map<String, Object> details = captions(plan, guidance > 0);
        SchedulerConfig config = preview ? scheduler.withStaticShift(PREVIEW_SHIFT) : scheduler;
        SigmaSpacing spacing =
                plan.profile() == Profile.DIFFUSERS_LEGACY ? SigmaSpacing.DOWN_TO_ZERO : SigmaSpacing.DOWN_TO_LAST_STEP;
        int tokens = size.height() / latentScale * (size.width() / latentScale);
        Schedule schedule = new FlowMatchEulerScheduler(config).schedule(plan.steps(), spacing, tokens);
        int evaluations = schedule.drawnSteps() * (guidance > 0 ? 2 : 1);
        return new EffectiveSettings(plan, size, guidance, schedule.sigmas(), evaluations, details);
    }

    /** Without guidance the negative prompt is not read. */
    private Map<String, Object> captions(GenerationPlan plan, boolean guided) {
        Map<String, Object> details = new HashMap<>();
        Count prompt = checkedCaption("prompt", plan.prompt());
        boolean truncated = prompt.truncated();
        details.put(EffectiveSettings.PROMPT_TOKENS, prompt.tokens());
        if (guided) {
            Count negative = checkedCaption("neg", plan.negativePrompt());
            truncated |= negative.truncated();
            details.put(EffectiveSettings.NEGATIVE_PROMPT_TOKENS, negative.tokens());
        }
        details.put(EffectiveSettings.TRUNCATED, truncated);
        return details;
    }

    private void checkSize(ImageSize size) {
        if (size.width() % latentScale != 0 || size.height() % latentScale != 0) {
            throw wrong(
                    "width and height must be multiples of " + latentScale + " for this checkpoint but are " + size);
        }
        checkSide("height", size.height(), transformer.axesLens().get(1));
        checkSide("width", size.width(), transformer.axesLens().get(2));
    }

    private void checkSide(String name, int pixels, int positions) {
        if (pixels / latentScale > positions) {
            throw wrong(name + " must be at most " + (long) positions * latentScale + " for this checkpoint but is "
                    + pixels);
        }
    }

    /** The caption takes positions 1 to its padded length, the image the one after. */
    private Count checkedCaption(String name, String text) {
        Count count = countTokens.apply(text);
        int padded = TransformerConfig.padded(count.tokens());
        int positions = transformer.axesLens().get(0);
        if (padded + 1 >= positions) {
            throw wrong(name + " must have fewer than " + (positions - 1) + " tokens, padded to a multiple of "
                    + TransformerConfig.TOKEN_MULTIPLE + ", for this checkpoint but has " + padded);
        }
        return count;
    }

    private static PipelineException wrong(String message) {
        return new PipelineException(ErrorCode.INVALID_PARAMETER, message);
    }
}
