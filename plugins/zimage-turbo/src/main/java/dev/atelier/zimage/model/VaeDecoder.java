package dev.atelier.zimage.model;

import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Cancellation;

/** The VAE decoder's session. Used by one thread at a time. */
public final class VaeDecoder {
    private final OnnxSession session;
    private final VaeConfig config;

    VaeDecoder(OnnxSession session, VaeConfig config) {
        this.session = session;
        this.config = config;
    }

    /**
     * Returns the pixels {@code [3, scale * height, scale * width]}, about -1 to 1.
     *
     * @param latents {@code [channels, height, width]} as the scheduler left them
     * @throws java.util.concurrent.CancellationException when cancelled
     */
    public float[] decode(float[] latents, int height, int width, Cancellation cancellation) {
        try (Tensors inputs = new Tensors()) {
            inputs.floats("latents", unscale(latents, config), 1, config.latentChannels(), height, width);
            try (OrtSession.Result result = session.run(inputs.byName(), cancellation)) {
                return Tensors.read(result, "pixels");
            }
        }
    }

    /** Returns what the decoder takes for latents as the scheduler left them. */
    static float[] unscale(float[] latents, VaeConfig config) {
        float[] unscaled = new float[latents.length];
        for (int i = 0; i < latents.length; i++) {
            unscaled[i] = latents[i] / config.scalingFactor() + config.shiftFactor();
        }
        return unscaled;
    }
}
