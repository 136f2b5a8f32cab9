package dev.atelier.gateway.worker;

import dev.atelier.plugin.CacheBudget;
import java.time.Duration;
import java.util.Map;

/**
 * How devices work.
 *
 * @param inferenceTimeout how long a job may take from being taken up
 * @param cacheBudget what pipelines may keep between images
 * @param pluginSettings settings by plugin id
 */
public record DrawingSettings(
        Duration inferenceTimeout, CacheBudget cacheBudget, Map<String, Map<String, String>> pluginSettings) {
    /** Copies the map and checks the time. */
    public DrawingSettings {
        pluginSettings = Map.copyOf(pluginSettings);
        if (inferenceTimeout.isNegative() || inferenceTimeout.isZero()) {
            throw new IllegalArgumentException("inferenceTimeout must be positive but was " + inferenceTimeout);
        }
    }
}
