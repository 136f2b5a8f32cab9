package dev.atelier.gateway.job;

/**
 * Seconds that a whole job took on its device.
 *
 * @param getPipeline until the model was open
 * @param cacheHit whether it was open already
 * @param cacheAction {@code fresh_load}, {@code reuse} or {@code hot_swap}, as the reference names them
 * @param inferenceTotal everything after that
 */
public record JobTimings(double getPipeline, boolean cacheHit, String cacheAction, double inferenceTotal) {}
