package dev.atelier.gateway.output;

import java.nio.file.Path;

/**
 * A picture on the disk.
 *
 * @param file its absolute path
 * @param encodeSeconds from pixels to bytes
 * @param writeSeconds from bytes to the disk
 */
public record SavedImage(Path file, double encodeSeconds, double writeSeconds) {}
