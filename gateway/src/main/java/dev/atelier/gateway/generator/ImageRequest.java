package dev.atelier.gateway.generator;

import dev.atelier.plugin.GenerationPlan;
import java.nio.file.Path;
import java.util.List;

/**
 * A request for one image.
 *
 * @param modelId the model
 * @param plan the image's settings, profile included
 * @param adapters applied together, in order
 */
public record ImageRequest(String modelId, GenerationPlan plan, List<Adapter> adapters) {
    /** Copies the list. */
    public ImageRequest {
        adapters = List.copyOf(adapters);
    }

    /**
     * An adapter to apply.
     *
     * @param file the local file
     * @param multiplier its strength
     */
    public record Adapter(Path file, double multiplier) {}
}
