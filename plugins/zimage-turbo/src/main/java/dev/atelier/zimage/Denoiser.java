package dev.atelier.zimage;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.zimage.model.Transformer;
import dev.atelier.zimage.schedule.Schedule;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * The loop from noise to latents: Euler steps along the guided velocity. Ported from diffusers' {@code ZImagePipeline}
 * (pipeline_z_image.py at 58eb52c080); positive and negative captions run as two sequences instead of one padded batch.
 */
final class Denoiser {
    /** Hears of every step. */
    interface StepListener {
        /**
         * A step has ended.
         *
         * @param step from 1
         * @param image what the latents would be without their remaining noise, {@code [channels, height, width]}
         */
        void onStep(int step, java.util.function.Supplier<float[]> image);
    }

    private final Transformer.Sequence positive;
    private final Transformer.@Nullable Sequence negative;
    private final EffectiveSettings effective;
    private final Schedule schedule;

    /**
     * Creates the loop of one image.
     *
     * @param negative null when the guidance is 0
     */
    Denoiser(
            Transformer.Sequence positive,
            Transformer.@Nullable Sequence negative,
            EffectiveSettings effective,
            Schedule schedule) {
        this.positive = positive;
        this.negative = negative;
        this.effective = effective;
        this.schedule = schedule;
    }

    /** Takes every step, in place. */
    void run(float[] latents, StepListener listener, Cancellation cancellation) {
        for (int step = 0; step < schedule.drawnSteps(); step++) {
            if (cancellation.isCancelled()) {
                throw new CancellationException();
            }
            float[] noise = noise(latents, schedule.modelTime(step), cancellation);
            schedule.step(step, latents, noise);
            float remaining = schedule.sigmas().get(step + 1);
            listener.onStep(step + 1, () -> without(latents, noise, remaining));
        }
    }

    /** The model gives the velocity from noise to image; the scheduler wants the other direction. */
    private float[] noise(float[] latents, float time, Cancellation cancellation) {
        float[] velocity = positive.velocity(latents, time, cancellation);
        if (negative != null) {
            float guidance = (float) effective.guidanceScale();
            float[] unwanted = negative.velocity(latents, time, cancellation);
            for (int i = 0; i < velocity.length; i++) {
                velocity[i] = velocity[i] + guidance * (velocity[i] - unwanted[i]);
            }
        }
        for (int i = 0; i < velocity.length; i++) {
            velocity[i] = -velocity[i];
        }
        return velocity;
    }

    private static float[] without(float[] latents, float[] noise, float remaining) {
        float[] image = new float[latents.length];
        for (int i = 0; i < image.length; i++) {
            image[i] = latents[i] - remaining * noise[i];
        }
        return image;
    }
}
