package dev.atelier.gateway.verify;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.RgbImage;
import java.util.function.BiConsumer;

/** Generates the images that samples are compared with, in this process or on a server. Used by one thread. */
public interface SampleGenerator extends AutoCloseable {
    /** Returns the type in which the transformer is computed, such as {@code float32}. */
    String computeType();

    /**
     * Resolves a request's settings without generating it.
     *
     * @throws dev.atelier.plugin.PipelineException when the model cannot generate it
     */
    EffectiveSettings resolve(SampleRequest request);

    /**
     * Generates an image.
     *
     * @param progress receives each finished step and the number of steps
     * @throws dev.atelier.plugin.PipelineException when the model is not available or fails
     */
    Generated generate(SampleRequest request, BiConsumer<Integer, Integer> progress);

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
