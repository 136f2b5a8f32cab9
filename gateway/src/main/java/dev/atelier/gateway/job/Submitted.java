package dev.atelier.gateway.job;

/**
 * What became of a submission.
 *
 * @param job the job
 * @param repeated whether it was there already, under the same idempotency key
 */
public record Submitted(Job job, boolean repeated) {}
