package dev.atelier.zimage.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/**
 * A tensor in a graph under construction.
 *
 * @param name its name in the graph
 * @param type its element type
 */
public record Value(String name, DataType type) {}
