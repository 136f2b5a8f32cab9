package dev.atelier.zimage.schedule;

import java.util.List;

/**
 * The noise levels of one image, and the Euler steps between them.
 *
 * @param sigmas n + 1 levels for n steps, from the first step's to the final 0, never rising
 * @param trainTimesteps the timestep of level 1
 */
public record Schedule(List<Float> sigmas, int trainTimesteps) {
    private static final float MODEL_TIMESTEPS = 1000;

    /** Copies and checks the levels. */
    public Schedule {
        sigmas = List.copyOf(sigmas);
        if (sigmas.size() < 2) {
            throw new IllegalArgumentException("sigmas must be at least two but are " + sigmas);
        }
        for (float sigma : sigmas) {
            if (!Float.isFinite(sigma)) {
                throw new IllegalArgumentException("sigmas must be finite but are " + sigmas);
            }
        }
    }

    /** Returns how many steps were asked for. */
    public int steps() {
        return sigmas.size() - 1;
    }

    /** Returns how many steps to draw: all, but for a last one without length, which changes nothing. */
    public int drawnSteps() {
        int last = steps() - 1;
        return last > 0 && sigmas.get(last).equals(sigmas.get(last + 1)) ? last : steps();
    }

    /** Returns the timestep of a step, from {@code trainTimesteps} down. */
    public float timestep(int step) {
        return sigmas.get(step) * trainTimesteps;
    }

    /**
     * Returns the time that a model counting from noise (0) to image (1) is given at a step: (1000 - timestep) / 1000,
     * each operation rounded. Not the same as 1 - sigma to the last bit.
     */
    public float modelTime(int step) {
        return (MODEL_TIMESTEPS - timestep(step)) / MODEL_TIMESTEPS;
    }

    /**
     * Takes an Euler step in place.
     *
     * @param latents changed to the latents after the step
     * @param velocity the direction of the noise, {@code noise - image}, of the same length
     */
    public void step(int step, float[] latents, float[] velocity) {
        if (latents.length != velocity.length) {
            throw new IllegalArgumentException(
                    "velocity must have " + latents.length + " elements but has " + velocity.length);
        }
        float length = sigmas.get(step + 1) - sigmas.get(step);
        for (int i = 0; i < latents.length; i++) {
            latents[i] += length * velocity[i];
        }
    }
}
