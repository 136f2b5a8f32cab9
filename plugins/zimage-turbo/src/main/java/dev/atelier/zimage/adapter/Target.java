package dev.atelier.zimage.adapter;

/**
 * A linear layer that an adapter may change.
 *
 * @param name the module's name in the checkpoint, such as {@code layers.0.attention.to_q}
 * @param out features that it gives
 * @param in features that it takes
 * @param biased whether it has a bias
 */
public record Target(String name, int out, int in, boolean biased) {}
