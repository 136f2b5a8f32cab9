package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.TensorEntry;
import dev.atelier.zimage.onnx.OnnxModel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The four sessions of a model on one device. Opened, used and closed on that device's thread. */
public final class Sessions implements AutoCloseable {
    private final Deque<OnnxSession> opened = new ArrayDeque<>();
    private final SessionSettings settings;
    private volatile long weightBytes;

    /** Starts without any session. */
    public Sessions(SessionSettings settings) {
        this.settings = settings;
    }

    /** Opens the text encoder of a component folder. */
    public TextEncoder textEncoder(Path folder) {
        TextEncoderConfig config = TextEncoderConfig.open(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        OnnxModel graph = TextEncoderGraph.build(checkpoint, config, root(checkpoint), settings.compute());
        return new TextEncoder(open(graph, "text encoder"), config);
    }

    /** Opens the caption graph of a transformer folder. */
    public CaptionRefiner captionRefiner(Checkpoint checkpoint, TransformerConfig config) {
        OnnxModel graph = CaptionGraph.build(checkpoint, config, root(checkpoint), settings.compute(), List.of());
        return new CaptionRefiner(open(graph, "caption graph"), config);
    }

    /** Opens the transformer. */
    public Transformer transformer(Checkpoint checkpoint, TransformerConfig config) {
        OnnxModel graph = TransformerGraph.build(checkpoint, config, root(checkpoint), settings.compute(), List.of());
        return new Transformer(open(graph, "transformer"), config);
    }

    /** Opens the VAE decoder of a component folder. */
    public VaeDecoder vaeDecoder(Path folder, VaeConfig config) {
        Checkpoint checkpoint = Checkpoint.open(folder);
        OnnxModel graph = VaeDecoderGraph.build(checkpoint, config, root(checkpoint), List.of());
        return new VaeDecoder(open(graph, "VAE decoder"), config);
    }

    OnnxSession open(OnnxModel graph, String what) {
        OnnxSession session = OnnxSession.open(graph, settings, what);
        opened.push(session);
        weightBytes += graph.weightElements() * (settings.compute() == DataType.FLOAT ? Float.BYTES : Short.BYTES);
        return session;
    }

    /** Returns the bytes of the opened weights in the compute type; from any thread. */
    public long weightBytes() {
        return weightBytes;
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    /** Returns the folder that holds every file of the checkpoint once links are resolved. */
    static Path root(Checkpoint checkpoint) {
        return checkpoint.names().stream()
                .map(checkpoint::tensor)
                .map(TensorEntry::realFile)
                .distinct()
                .map(Path::getParent)
                .reduce(Sessions::common)
                .orElse(checkpoint.folder());
    }

    private static Path common(Path a, Path b) {
        Path shared = a;
        while (!b.startsWith(shared)) {
            shared = shared.getParent();
        }
        return shared;
    }
}
