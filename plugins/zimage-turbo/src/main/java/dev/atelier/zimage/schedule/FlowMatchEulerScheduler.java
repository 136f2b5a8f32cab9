package dev.atelier.zimage.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * Chooses the noise levels of a flow-matching model.
 *
 * <p>After diffusers' {@code FlowMatchEulerDiscreteScheduler} (main of 2026-08-23) and, for
 * {@link SigmaSpacing#DOWN_TO_ZERO}, the same before 2026-05-29. Every operation is rounded where the original rounds
 * it, so the levels are equal bit for bit. Immutable.
 */
public final class FlowMatchEulerScheduler {
    private final SchedulerConfig config;

    /** Creates a scheduler. */
    public FlowMatchEulerScheduler(SchedulerConfig config) {
        this.config = config;
    }

    /**
     * Returns the noise levels for an image.
     *
     * @param steps how many were asked for, at least 1
     * @param imageTokens the length of the image's token sequence, which a dynamic shift depends on
     */
    public Schedule schedule(int steps, SigmaSpacing spacing, int imageTokens) {
        if (steps < 1) {
            throw new IllegalArgumentException("steps must be at least 1 but was " + steps);
        }
        List<Float> sigmas = new ArrayList<>(steps + 1);
        for (int i = 0; i < steps; i++) {
            sigmas.add(
                    switch (spacing) {
                        case DOWN_TO_LAST_STEP -> shift(linspace(i, steps), imageTokens);
                        case DOWN_TO_ZERO -> (float) shift(linspaceToZero(i, steps), imageTokens);
                    });
        }
        sigmas.add(0f);
        return new Schedule(sigmas, config.trainTimesteps());
    }

    /** {@code torch.linspace(1, 1/n, n)}: it counts from both ends, with fused multiplications. */
    private static float linspace(int index, int count) {
        if (count == 1) {
            return 1;
        }
        float end = (float) (1.0 / count);
        float step = (end - 1) / (count - 1);
        return index < count / 2 ? Math.fma(step, index, 1f) : Math.fma(-step, count - 1 - index, end);
    }

    /** {@code np.linspace(largest timestep, 0, n) / timesteps} in double precision. */
    private double linspaceToZero(int index, int count) {
        double start = (double) largestSigma() * config.trainTimesteps();
        if (count == 1) {
            return start / config.trainTimesteps();
        }
        double step = -start / (count - 1);
        double timestep = index == count - 1 ? 0 : index * step + start;
        return timestep / config.trainTimesteps();
    }

    /** The original takes the largest level after a static shift, which rounds to 1 for all but a few shifts. */
    private float largestSigma() {
        return config.dynamic().isPresent() ? 1 : shiftStatically(1f);
    }

    private float shift(float sigma, int imageTokens) {
        if (config.dynamic().isEmpty()) {
            return shiftStatically(sigma);
        }
        float factor = (float) Math.exp(config.dynamic().get().mu(imageTokens));
        return factor / (factor + (1 / sigma - 1));
    }

    private float shiftStatically(float sigma) {
        return ((float) config.shift() * sigma) / (1 + (float) (config.shift() - 1) * sigma);
    }

    private double shift(double sigma, int imageTokens) {
        if (config.dynamic().isEmpty()) {
            return (config.shift() * sigma) / (1 + (config.shift() - 1) * sigma);
        }
        // At level 0 the quotient is infinite and the result 0, as in the original.
        double factor = Math.exp(config.dynamic().get().mu(imageTokens));
        return factor / (factor + (1 / sigma - 1));
    }
}
