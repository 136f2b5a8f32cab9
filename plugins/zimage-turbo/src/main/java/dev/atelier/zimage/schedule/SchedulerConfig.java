package dev.atelier.zimage.schedule;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Config;
import java.util.List;
import java.util.Optional;

/**
 * What a {@code scheduler_config.json} says about a flow-match Euler scheduler.
 *
 * @param trainTimesteps the timestep of noise level 1
 * @param shift the static shift; unused with dynamic shifting
 * @param dynamic how the shift follows the image's size, or empty for a static shift
 */
public record SchedulerConfig(int trainTimesteps, double shift, Optional<DynamicShift> dynamic) {
    private static final String CLASS = "FlowMatchEulerDiscreteScheduler";

    /** Options whose computation does not exist here; each must be at its default, false. */
    private static final List<String> REFUSED_FLAGS = List.of(
            "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "invert_sigmas", "stochastic_sampling");

    /**
     * A shift whose logarithm is linear in the number of image tokens.
     *
     * @param baseShift at {@code baseTokens}
     * @param maxShift at {@code maxTokens}
     * @param baseTokens the smaller number of tokens
     * @param maxTokens another number of tokens
     */
    public record DynamicShift(double baseShift, double maxShift, int baseTokens, int maxTokens) {
        /** Returns the shift's logarithm for an image of that many tokens. */
        double mu(int tokens) {
            double slope = (maxShift - baseShift) / (maxTokens - baseTokens);
            double intercept = baseShift - slope * baseTokens;
            return tokens * slope + intercept;
        }
    }

    /**
     * Reads the options.
     *
     * @throws PipelineException {@link ErrorCode#CHECKPOINT_INVALID} for a malformed option, or one that asks for
     *     another computation
     */
    public static SchedulerConfig read(Config config) {
        refuseOthers(config);
        double shift = config.number("shift", 1.0);
        if (shift <= 0) {
            throw config.invalid("shift", "must be above 0 but is " + shift);
        }
        return new SchedulerConfig(
                config.positive("num_train_timesteps", 1000),
                shift,
                config.flag("use_dynamic_shifting", false) ? Optional.of(readDynamic(config)) : Optional.empty());
    }

    /** Returns the same scheduler with a static shift. */
    public SchedulerConfig withStaticShift(double newShift) {
        return new SchedulerConfig(trainTimesteps, newShift, Optional.empty());
    }

    private static DynamicShift readDynamic(Config config) {
        DynamicShift dynamic = new DynamicShift(
                config.number("base_shift", 0.5),
                config.number("max_shift", 1.15),
                config.positive("base_image_seq_len", 256),
                config.positive("max_image_seq_len", 4096));
        if (dynamic.baseTokens() == dynamic.maxTokens()) {
            throw config.invalid(
                    "max_image_seq_len", "must differ from base_image_seq_len but both are " + dynamic.baseTokens());
        }
        return dynamic;
    }

    private static void refuseOthers(Config config) {
        String name = config.text("_class_name", CLASS);
        if (!name.equals(CLASS)) {
            throw config.invalid("_class_name", "must be " + CLASS + " but is " + name);
        }
        for (String flag : REFUSED_FLAGS) {
            if (config.flag(flag, false)) {
                throw config.invalid(flag, "must be false but is true");
            }
        }
        double terminal = config.number("shift_terminal", 0);
        if (terminal != 0) {
            throw config.invalid("shift_terminal", "must be null but is " + terminal);
        }
        String type = config.text("time_shift_type", "exponential");
        if (!type.equals("exponential")) {
            throw config.invalid("time_shift_type", "must be exponential but is " + type);
        }
    }
}
