package dev.atelier.zimage.adapter;

/** The weights that adapters change, as the model computes with them. Thread-safe. */
public interface BaseWeights {
    /**
     * Returns rows of a linear's weight, {@code [count, in]}, row-major; the caller may write to it.
     *
     * @param from the first row
     */
    float[] rows(Target target, int from, int count);
}
