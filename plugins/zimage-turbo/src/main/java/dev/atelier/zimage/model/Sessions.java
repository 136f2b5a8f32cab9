package dev.atelier.zimage.model;

import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.onnx.OnnxModel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The four sessions of a model on one device. Opened, used and closed on that device's thread. */
public final class Sessions implements AutoCloseable {
    private final Deque<SharedSession> opened = new ArrayDeque<>();
    private final SessionSettings settings;
    private final AtomicLong weightBytes = new AtomicLong();

    /** Starts without any session. */
    public Sessions(SessionSettings settings) {
        this.settings = settings;
    }

    /** Opens the text encoder of a component folder. */
    public TextEncoder textEncoder(Path folder) {
        TextEncoderConfig config = TextEncoderConfig.open(folder);
        OnnxModel graph = TextEncoderGraph.build(Checkpoint.open(folder), config, settings.compute());
        return new TextEncoder(open(graph, "text encoder"), config);
    }

    /** Opens caption graph and transformer for adapters of some forms. */
    public Denoising denoising(TransformerWeights weights, AdapterForms forms) {
        OnnxModel caption = CaptionGraph.build(weights, forms, settings.compute(), List.of());
        OnnxModel transformer = TransformerGraph.build(weights, forms, settings.compute(), List.of());
        return new Denoising(
                new CaptionRefiner(open(caption, "caption graph"), weights.config()),
                new Transformer(open(transformer, "transformer"), weights.config()));
    }

    /** Opens the VAE decoder of a component folder. */
    public VaeDecoder vaeDecoder(Path folder) {
        VaeConfig config = VaeConfig.open(folder);
        return new VaeDecoder(
                open(VaeDecoderGraph.build(Checkpoint.open(folder), config, List.of()), "VAE decoder"), config);
    }

    /**
     * What turns captions and noise into latents.
     *
     * @param refiner once per image
     * @param transformer once per step
     */
    public record Denoising(CaptionRefiner refiner, Transformer transformer) {}

    OnnxSession open(OnnxModel graph, String what) {
        SharedSession shared = SharedSession.acquire(graph, settings, what);
        opened.push(shared);
        int size = settings.bfloat16() ? Short.BYTES : Float.BYTES;
        weightBytes.addAndGet(graph.weightElements() * size);
        return shared.session();
    }

    /** Returns the bytes of the opened weights in the compute type; from any thread. */
    public long weightBytes() {
        return weightBytes.get();
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            opened.pop().release();
        }
    }
}
