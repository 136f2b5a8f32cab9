package dev.atelier.synthetic;

import java.util.Arrays;
import java.util.List;

/**
 * A tensor to write.
 *
 * @param name its name in the checkpoint
 * @param shape its sides, as PyTorch orders them
 * @param mean what its numbers lie around
 * @param spread how far at most, drawn uniformly
 */
public record TensorSpec(String name, List<Integer> shape, float mean, float spread) {
    /** Copies the shape. */
    public TensorSpec {
        shape = List.copyOf(shape);
    }

    /** Returns how many numbers it holds. */
    public long elements() {
        return shape.stream().mapToLong(side -> side).reduce(1, Math::multiplyExact);
    }

    /** A linear's or convolution's weight, scaled so that its output varies as much as its input. */
    static TensorSpec weight(String name, Integer... shape) {
        long inputs = Arrays.stream(shape).skip(1).mapToLong(side -> side).reduce(1, Math::multiplyExact);
        return new TensorSpec(name, List.of(shape), 0, (float) Math.sqrt(3.0 / inputs));
    }

    static TensorSpec bias(String name, int size) {
        return new TensorSpec(name, List.of(size), 0, 0.1f);
    }

    /** A norm's weight: near 1, but not 1, so that a reader that forgets it is seen. */
    static TensorSpec norm(String name, int size) {
        return new TensorSpec(name, List.of(size), 1, 0.2f);
    }
}
