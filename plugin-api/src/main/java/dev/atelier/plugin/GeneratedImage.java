package dev.atelier.plugin;

import java.util.List;
import java.util.Map;

/**
 * What drawing gave.
 *
 * @param image the picture
 * @param stageSeconds seconds spent per stage
 * @param adapters one report per adapter, in the order given
 */
public record GeneratedImage(RgbImage image, Map<Stage, Double> stageSeconds, List<AdapterReport> adapters) {
    /** Copies the collections. */
    public GeneratedImage {
        stageSeconds = Map.copyOf(stageSeconds);
        adapters = List.copyOf(adapters);
    }
}
