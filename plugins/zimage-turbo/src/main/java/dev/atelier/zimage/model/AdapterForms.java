package dev.atelier.zimage.model;

/**
 * The adapter forms that a graph can take. Plain ones cost nothing more; the others are a second graph, opened when
 * needed.
 */
public enum AdapterForms {
    /** Low-rank pairs and biases. */
    LOW_RANK,
    /** Also Kronecker products, whole weights, outputs that are scaled, norms and learned tokens. */
    EVERY
}
