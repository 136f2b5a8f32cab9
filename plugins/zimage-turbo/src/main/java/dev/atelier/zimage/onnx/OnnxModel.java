package dev.atelier.zimage.onnx;

import java.nio.file.Path;
import java.util.List;

/**
 * A finished graph.
 *
 * @param bytes the serialized ONNX model, without its weights
 * @param root the folder that the weights' locations are relative to
 * @param locations the files of the weights below it, as the model names them
 * @param weightElements numbers in all weights
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the runtime, never compared
public record OnnxModel(byte[] bytes, Path root, List<String> locations, long weightElements) {
    /** Copies the list. */
    public OnnxModel {
        locations = List.copyOf(locations);
    }
}
