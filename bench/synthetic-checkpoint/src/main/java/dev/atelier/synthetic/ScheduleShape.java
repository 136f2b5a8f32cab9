package dev.atelier.synthetic;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The scheduler's options that Z-Image checkpoints set.
 *
 * @param shift of the noise levels, where it is static
 * @param dynamic whether the shift depends on the picture's size instead
 */
public record ScheduleShape(double shift, boolean dynamic) {
    /** Returns the content of {@code scheduler_config.json}. */
    Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("_class_name", "FlowMatchEulerDiscreteScheduler");
        config.put("num_train_timesteps", 1000);
        config.put("shift", shift);
        config.put("use_dynamic_shifting", dynamic);
        return config;
    }
}
