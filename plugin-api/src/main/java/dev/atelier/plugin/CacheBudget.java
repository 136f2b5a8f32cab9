package dev.atelier.plugin;

/**
 * Bounds, in bytes, for what a pipeline keeps between images; 0 keeps nothing.
 *
 * @param adapterBytes parsed adapters
 * @param captionBytes caption features by prompt
 */
public record CacheBudget(long adapterBytes, long captionBytes) {
    /** Checks that no bound is negative. */
    public CacheBudget {
        if (adapterBytes < 0 || captionBytes < 0) {
            throw new IllegalArgumentException("cache budgets must not be negative but were adapterBytes "
                    + adapterBytes + ", captionBytes " + captionBytes);
        }
    }
}
