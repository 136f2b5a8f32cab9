package dev.atelier.gateway.job;

/**
 * A job whose record is gone and whose files are to be removed.
 *
 * @param id the job's
 * @param images how many pictures it had
 * @param attempts how many attempts may have left files
 */
public record DiscardedJob(String id, int images, int attempts) {}
