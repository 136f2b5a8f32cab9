package dev.atelier.gateway.output;

/**
 * How full the disk of a folder is.
 *
 * @param folder the name that metrics know it by
 * @param freeBytes what may still be written
 * @param totalBytes the size of its file system
 */
public record DiskSpace(String folder, long freeBytes, long totalBytes) {}
