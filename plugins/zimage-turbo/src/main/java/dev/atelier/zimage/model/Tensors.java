package dev.atelier.zimage.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * The inputs of one run or of several, by name, and what it takes to make and read tensors. Closing it closes every
 * tensor that it made, not those that were only lent to it.
 */
final class Tensors implements AutoCloseable {
    private final Map<String, OnnxTensor> all = new HashMap<>();
    private final Map<String, OnnxTensor> owned = new HashMap<>();

    /** Returns the inputs by name. */
    Map<String, OnnxTensor> byName() {
        return all;
    }

    /** Adds a tensor that somebody else closes. */
    Tensors lend(String name, OnnxTensor tensor) {
        all.put(name, tensor);
        return this;
    }

    /** Adds every tensor of another, which stays their owner. */
    Tensors lend(Tensors other) {
        all.putAll(other.all);
        return this;
    }

    /** Adds a copy of the values. */
    Tensors floats(String name, float[] values, long... shape) {
        FloatBuffer buffer = direct(4L * values.length).asFloatBuffer();
        buffer.put(values).flip();
        return floats(name, buffer, shape);
    }

    /** Adds the values of a direct buffer without a copy on the CPU; it must not move on while the tensor lives. */
    Tensors floats(String name, FloatBuffer values, long... shape) {
        try {
            return own(name, OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values, shape));
        } catch (OrtException e) {
            throw OrtFailures.translate(e, "cannot make the tensor " + name);
        }
    }

    /** Adds a copy of the values, as a vector. */
    Tensors longs(String name, long[] values) {
        LongBuffer buffer = direct(8L * values.length).asLongBuffer();
        buffer.put(values).flip();
        try {
            return own(
                    name, OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, new long[] {values.length}));
        } catch (OrtException e) {
            throw OrtFailures.translate(e, "cannot make the tensor " + name);
        }
    }

    /** Returns the memory of the tensors that it made. */
    long bytes() {
        return owned.values().stream()
                .mapToLong(tensor -> tensor.getInfo().getNumElements() * tensor.getInfo().type.size)
                .sum();
    }

    /** Returns a copy of an output's values. */
    static float[] read(OrtSession.Result result, String name) {
        FloatBuffer buffer = output(result, name).getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    /** Returns an output, which lives as long as the result. */
    static OnnxTensor output(OrtSession.Result result, String name) {
        return (OnnxTensor)
                result.get(name).orElseThrow(() -> new IllegalArgumentException("the graph has no output " + name));
    }

    /** Returns a direct buffer in native byte order. */
    static ByteBuffer direct(long bytes) {
        return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() {
        owned.values().forEach(OnnxTensor::close);
        owned.clear();
        all.clear();
    }

    private Tensors own(String name, OnnxTensor tensor) {
        OnnxTensor before = owned.put(name, tensor);
        if (before != null) {
            before.close();
        }
        return lend(name, tensor);
    }
}
