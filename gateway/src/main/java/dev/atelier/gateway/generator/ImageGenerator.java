package dev.atelier.gateway.generator;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.RgbImage;
import java.util.function.BiConsumer;

/** Generates images for a command, in this process or on a server. Used by one thread. */
public interface ImageGenerator extends AutoCloseable {
    /** Returns the type in which the transformer is computed, such as {@code float32}. */
    String computeType();

    /**
     * Returns the values that a model uses where a request gives none.
     *
     * @throws dev.atelier.plugin.PipelineException when the model is not known
     */
    GenerationDefaults defaults(String modelId);

    /**
     * Resolves a request's settings without generating it.
     *
     * @throws dev.atelier.plugin.PipelineException when the model cannot generate it
     */
    EffectiveSettings resolve(ImageRequest request);

    /**
     * Generates an image.
     *
     * @param progress receives each finished step and the number of steps
     * @throws dev.atelier.plugin.PipelineException when the model is not available or fails
     */
    Generated generate(ImageRequest request, BiConsumer<Integer, Integer> progress);

    @Override
    void close();

    /**
     * A generated image.
     *
     * @param image the pixels
     * @param effective the settings that it was generated with
     */
    record Generated(RgbImage image, EffectiveSettings effective) {}
}
