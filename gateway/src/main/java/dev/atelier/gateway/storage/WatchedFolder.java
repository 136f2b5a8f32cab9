package dev.atelier.gateway.storage;

/**
 * A folder to be checked.
 *
 * @param folder the folder
 * @param leastBytes how much must stay free on its disk
 * @param written whether this process writes it, so that a check does too
 */
public record WatchedFolder(StorageFolder folder, long leastBytes, boolean written) {}
