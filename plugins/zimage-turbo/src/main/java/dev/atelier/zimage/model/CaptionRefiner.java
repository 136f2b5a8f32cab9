package dev.atelier.zimage.model;

import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Cancellation;

/** The caption graph's session. Used by one thread at a time. */
public final class CaptionRefiner {
    private final OnnxSession session;
    private final TransformerConfig config;

    CaptionRefiner(OnnxSession session, TransformerConfig config) {
        this.session = session;
        this.config = config;
    }

    /**
     * Returns the context of a caption under adapters.
     *
     * @param features {@code [tokens, capFeatDim]}
     * @throws java.util.concurrent.CancellationException when cancelled
     */
    public Context refine(float[] features, AdapterTensors adapters, Cancellation cancellation) {
        int tokens = features.length / config.capFeatDim();
        int padded = TransformerConfig.padded(tokens);
        try (Tensors inputs = new Tensors().lend(adapters.caption())) {
            inputs.floats("caption_features", features, tokens, config.capFeatDim());
            inputs.longs("caption_padding", new long[padded - tokens]);
            RotaryPositions positions = RotaryPositions.ofCaption(config, padded);
            positions.feed(inputs, "caption_");
            try (OrtSession.Result result = session.run(inputs.byName(), cancellation)) {
                return new Context(Tensors.read(result, "context"), padded);
            }
        }
    }

    /**
     * A refined caption.
     *
     * @param values {@code [padded, dim]}
     * @param padded tokens, padding included
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    public record Context(float[] values, int padded) {}
}
