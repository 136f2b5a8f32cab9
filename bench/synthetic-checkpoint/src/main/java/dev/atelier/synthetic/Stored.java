package dev.atelier.synthetic;

/**
 * How a component is stored.
 *
 * @param shape its dimensions
 * @param type how its numbers are stored
 * @param maxShardBytes a file takes no further tensor beyond this many bytes; a component that fits is one file without
 *     an index
 */
public record Stored(ComponentShape shape, StorageType type, long maxShardBytes) {
    /** Checks the bound. */
    public Stored {
        if (maxShardBytes < 1) {
            throw new IllegalArgumentException("maxShardBytes must be positive but was " + maxShardBytes);
        }
    }

    /** Stores a component in one file. */
    public static Stored whole(ComponentShape shape, StorageType type) {
        return new Stored(shape, type, Long.MAX_VALUE);
    }
}
