package dev.atelier.zimage.model;

import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Cancellation;
import java.nio.FloatBuffer;

/** The transformer's session. Used by one thread at a time. */
public final class Transformer {
    private final OnnxSession session;
    private final TransformerConfig config;

    Transformer(OnnxSession session, TransformerConfig config) {
        this.session = session;
        this.config = config;
    }

    /**
     * Prepares the passes of one image with one caption; everything but latents and time stays the same between them.
     *
     * @param height of the latents, even
     * @param width of the latents, even
     */
    public Sequence sequence(CaptionRefiner.Context context, int height, int width, AdapterTensors adapters) {
        return new Sequence(context, height, width, adapters);
    }

    /** One image with one caption. The caller closes it before the adapters. */
    public final class Sequence implements AutoCloseable {
        private final int height;
        private final int width;
        private final float[] patches;
        private final FloatBuffer patchBuffer;
        private final Tensors inputs = new Tensors();

        private Sequence(CaptionRefiner.Context context, int height, int width, AdapterTensors adapters) {
            this.height = height;
            this.width = width;
            int tokens = height / TransformerConfig.PATCH * (width / TransformerConfig.PATCH);
            patches = new float[tokens * config.patchDim()];
            patchBuffer = Tensors.direct(4L * patches.length).asFloatBuffer();
            inputs.lend(adapters.transformer());
            inputs.floats("patches", patchBuffer, tokens, config.patchDim());
            inputs.longs("image_padding", new long[TransformerConfig.padded(tokens) - tokens]);
            inputs.floats("context", context.values(), context.padded(), config.dim());
            RotaryPositions.ofCaption(config, context.padded()).feed(inputs, "caption_");
            RotaryPositions.ofImage(
                            config, context.padded(), height / TransformerConfig.PATCH, width / TransformerConfig.PATCH)
                    .feed(inputs, "image_");
        }

        /**
         * Returns what the transformer gives for latents {@code [channels, height, width]} at a time: the velocity from
         * noise to image, of the same shape.
         *
         * @param time from 0 (noise) to 1 (image)
         * @throws java.util.concurrent.CancellationException when cancelled
         */
        public float[] velocity(float[] latents, float time, Cancellation cancellation) {
            try (OrtSession.Result result = run(latents, time, cancellation)) {
                float[] velocity = new float[latents.length];
                Patches.join(Tensors.read(result, "velocity"), config.inChannels(), height, width, velocity);
                return velocity;
            }
        }

        OrtSession.Result run(float[] latents, float time, Cancellation cancellation) {
            Patches.cut(latents, config.inChannels(), height, width, patches);
            patchBuffer.clear().put(patches).flip();
            inputs.floats("time", TimeEmbedding.of(time, config.tScale()), 1, TransformerConfig.TIME_FREQUENCIES);
            return session.run(inputs.byName(), cancellation);
        }

        @Override
        public void close() {
            inputs.close();
        }
    }
}
