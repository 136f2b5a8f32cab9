package dev.atelier.zimage.model;

import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;

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
     * @throws PipelineException {@link ErrorCode#CHECKPOINT_INVALID} when the tokenizer knows more than the encoder
     * @throws java.util.concurrent.CancellationException when cancelled
     */
    public float[] encode(long[] tokenIds, Cancellation cancellation) {
        for (long id : tokenIds) {
            if (id >= config.vocabulary()) {
                throw new PipelineException(
                        ErrorCode.CHECKPOINT_INVALID,
                        "the tokenizer gives id " + id + " but the text encoder knows only " + config.vocabulary());
            }
        }
        try (Tensors inputs = new Tensors()) {
            inputs.longs("token_ids", tokenIds);
            RotaryPositions.ofText(config, tokenIds.length).feed(inputs, "");
            try (OrtSession.Result result = session.run(inputs.byName(), cancellation)) {
                return Tensors.read(result, "caption_features");
            }
        }
    }
}
