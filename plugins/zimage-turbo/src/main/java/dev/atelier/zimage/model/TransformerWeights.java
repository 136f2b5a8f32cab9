package dev.atelier.zimage.model;

import dev.atelier.zimage.checkpoint.Checkpoint;
import java.nio.file.Path;

/**
 * The transformer's weights and their dimensions.
 *
 * @param checkpoint where each weight lies
 * @param config the dimensions
 */
public record TransformerWeights(Checkpoint checkpoint, TransformerConfig config) {
    /** Reads the headers and the config of a {@code transformer/} folder. */
    public static TransformerWeights open(Path folder) {
        return new TransformerWeights(Checkpoint.open(folder), TransformerConfig.open(folder));
    }
}
