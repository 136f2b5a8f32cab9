package dev.atelier.zimage.onnx;

import java.nio.file.Path;

/**
 * A finished graph.
 *
 * @param bytes the serialized ONNX model, without its weights
 * @param root the folder that the weights' locations are relative to
 * @param weightElements numbers in all weights
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the runtime, never compared
public record OnnxModel(byte[] bytes, Path root, long weightElements) {}
