package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.plugin.Device;

/**
 * How sessions run.
 *
 * @param device where
 * @param threads of one operator on the CPU
 * @param compute type of the text encoder and the transformer: float32 or bfloat16
 * @param tensorFloat32 whether CUDA may round the inputs of float32 products to 10 bits
 */
public record SessionSettings(Device device, int threads, DataType compute, boolean tensorFloat32) {
    /** Says whether weights are rounded to bfloat16. */
    public boolean bfloat16() {
        return compute == DataType.BFLOAT16;
    }
}
