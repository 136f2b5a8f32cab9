package dev.atelier.plugin;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a model is and takes, known without checkpoint or device.
 *
 * @param modelId the id in requests, such as {@code zimage_turbo}; unique among all plugins
 * @param description one line for people
 * @param baseModel the repository that gives the model its name
 * @param defaults what a request that says nothing gets
 * @param resolutionDivisor requested sides are floored to a multiple of this
 * @param maxAdapters how many adapters one request may name
 * @param requiresControlImage whether each prompt needs a control image
 * @param profiles the profiles that it can draw
 * @param resolutions the values of {@code resolution} that it can draw
 * @param components the checkpoint's parts by name, such as {@code transformer}
 */
public record PipelineDescriptor(
        String modelId,
        String description,
        String baseModel,
        GenerationDefaults defaults,
        int resolutionDivisor,
        int maxAdapters,
        boolean requiresControlImage,
        Set<Profile> profiles,
        List<String> resolutions,
        Map<String, ComponentSource> components) {
    /**
     * Copies the collections and checks that nothing is missing and the numbers make sense.
     *
     * @throws RuntimeException naming the field
     */
    public PipelineDescriptor {
        Objects.requireNonNull(description, "description");
        Objects.requireNonNull(baseModel, "baseModel");
        Objects.requireNonNull(defaults, "defaults");
        if (modelId.isBlank()) {
            throw new IllegalArgumentException("modelId must not be blank");
        }
        if (resolutionDivisor < 1) {
            throw new IllegalArgumentException("resolutionDivisor must be positive but was " + resolutionDivisor);
        }
        if (maxAdapters < 0) {
            throw new IllegalArgumentException("maxAdapters must not be negative but was " + maxAdapters);
        }
        profiles = Set.copyOf(profiles);
        resolutions = List.copyOf(resolutions);
        components = Map.copyOf(components);
    }
}
