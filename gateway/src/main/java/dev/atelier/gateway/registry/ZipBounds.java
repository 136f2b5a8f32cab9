package dev.atelier.gateway.registry;

/**
 * How large a plugin may be.
 *
 * @param zipBytes the largest zip
 * @param entries the most entries of the zip, and of each library in it
 * @param pathLength the longest path of an entry
 * @param entryBytes the largest unpacked entry
 * @param totalBytes the most bytes of all unpacked entries
 * @param ratio how many times the zip's size the unpacked entries may have, once they exceed {@value #RATIO_FROM} bytes
 */
record ZipBounds(long zipBytes, int entries, int pathLength, long entryBytes, long totalBytes, int ratio) {
    /** Below this size no ratio is suspicious. */
    static final long RATIO_FROM = 10L << 20;

    /** Many times what plugins with native libraries need. */
    static final ZipBounds DEFAULT = new ZipBounds(512L << 20, 20_000, 300, 512L << 20, 1L << 30, 100);
}
