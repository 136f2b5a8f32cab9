package dev.atelier.zimage.onnx;

/**
 * Angles for {@link Operators#rotate}.
 *
 * @param cos {@code [tokens, headDim / 2]}, float32
 * @param sin {@code [tokens, headDim / 2]}, float32
 * @param headDim features of one head
 */
public record RotaryTable(Value cos, Value sin, int headDim) {}
