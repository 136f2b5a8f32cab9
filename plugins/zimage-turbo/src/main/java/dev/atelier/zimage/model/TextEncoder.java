package dev.atelier.zimage.model;

import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Cancellation;

/** The text encoder's session. Used by one thread at a time. */
public final class TextEncoder {
    private final OnnxSession session;
    private final TextEncoderConfig config;

    TextEncoder(OnnxSession session, TextEncoderConfig config) {
        this.session = session;
        this.config = config;
    }

    /**
     * Returns the caption features {@code [tokens, hidden]} of a prompt.
     *
     * @throws java.util.concurrent.CancellationException when cancelled
     */
    public float[] encode(long[] tokenIds, Cancellation cancellation) {
        try (Tensors inputs = new Tensors()) {
            inputs.longs("token_ids", tokenIds);
            RotaryPositions.ofText(config, tokenIds.length).feed(inputs, "");
            try (OrtSession.Result result = session.run(inputs.byName(), cancellation)) {
                return Tensors.read(result, "caption_features");
            }
        }
    }
}
