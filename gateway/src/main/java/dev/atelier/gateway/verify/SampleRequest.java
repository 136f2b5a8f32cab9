package dev.atelier.gateway.verify;

import dev.atelier.plugin.GenerationPlan;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The request that reproduces one sample.
 *
 * @param modelId the model
 * @param plan the image's settings, profile included
 * @param adapter the adapter file; null for the base model alone
 * @param multiplier the adapter's strength
 */
public record SampleRequest(
        String modelId, GenerationPlan plan, @Nullable Path adapter, double multiplier) {}
