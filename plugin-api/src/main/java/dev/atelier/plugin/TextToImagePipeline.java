package dev.atelier.plugin;

import java.util.List;

/**
 * A model opened on one device. All methods are called on that device's one long-lived thread, never at the same time;
 * only {@link #residentBytes()} may be called from any thread.
 */
public interface TextToImagePipeline extends AutoCloseable {
    /**
     * Settles everything about an image that needs the checkpoint, before anything is drawn: final size, guidance as
     * applied, sigmas, limits. Deterministic: the same plan gives the same settings.
     *
     * @throws PipelineException {@link ErrorCode#INVALID_PARAMETER} when the checkpoint cannot draw the plan, naming
     *     the limit and the value
     */
    EffectiveSettings resolve(GenerationPlan plan);

    /**
     * Draws one image. The same settings, adapters and device give the same pixels.
     *
     * @param effective what {@link #resolve(GenerationPlan)} returned, now or in an earlier process
     * @param adapters applied together, in order; one with multiplier 0 is reported and left out of the pass
     * @param listener hears stages and steps on the drawing thread; it must return quickly
     * @param cancellation looked at before each step and stage, and between
     * @throws java.util.concurrent.CancellationException when cancelled; the pipeline stays usable
     * @throws PipelineException with the code that names the failure; the pipeline stays usable unless the code is
     *     {@link ErrorCode#DEVICE_LOST}
     */
    GeneratedImage generate(
            EffectiveSettings effective,
            List<AdapterFile> adapters,
            ProgressListener listener,
            Cancellation cancellation);

    /** Returns the bytes of weights and caches that this pipeline holds now, as far as it knows; never negative. */
    long residentBytes();

    /** Releases every native resource. Does nothing the second time. */
    @Override
    void close();
}
