package dev.atelier.zimage.model;

import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The four sessions of a model on one device. Opened, used and closed on that device's thread. */
public final class Sessions implements AutoCloseable {
    private final Deque<OnnxSession> opened = new ArrayDeque<>();
    private final SessionSettings settings;

    /** Starts without any session. */
    public Sessions(SessionSettings settings) {
        this.settings = settings;
    }

    /** Opens the text encoder of a component folder. */
    public TextEncoder textEncoder(Path folder) {
        TextEncoderConfig config = TextEncoderConfig.open(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        byte[] graph = TextEncoderGraph.build(checkpoint, config, root(checkpoint), settings.compute());
        return new TextEncoder(open(graph, checkpoint, "text encoder"), config);
    }

    /** Opens the caption graph of a transformer folder. */
    public CaptionRefiner captionRefiner(Checkpoint checkpoint, TransformerConfig config) {
        byte[] graph = CaptionGraph.build(checkpoint, config, root(checkpoint), settings.compute(), List.of());
        return new CaptionRefiner(open(graph, checkpoint, "caption graph"), config);
    }

    /** Opens the transformer. */
    public Transformer transformer(Checkpoint checkpoint, TransformerConfig config) {
        byte[] graph = TransformerGraph.build(checkpoint, config, root(checkpoint), settings.compute(), List.of());
        return new Transformer(open(graph, checkpoint, "transformer"), config);
    }

    /** Opens the VAE decoder of a component folder. */
    public VaeDecoder vaeDecoder(Path folder, VaeConfig config) {
        Checkpoint checkpoint = Checkpoint.open(folder);
        byte[] graph = VaeDecoderGraph.build(checkpoint, config, root(checkpoint), List.of());
        return new VaeDecoder(open(graph, checkpoint, "VAE decoder"), config);
    }

    OnnxSession open(byte[] graph, Checkpoint checkpoint, String what) {
        OnnxSession session = OnnxSession.open(graph, root(checkpoint), settings, what);
        opened.push(session);
        return session;
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
