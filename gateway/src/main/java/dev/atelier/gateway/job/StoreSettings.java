package dev.atelier.gateway.job;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Where jobs are kept, and for how long.
 *
 * @param dataDir the folder of the SQLite file, where no other database is named
 * @param databaseUrl a PostgreSQL database, such as {@code postgresql://user:password@host/name}
 * @param databaseUrlFile the file that {@code databaseUrl} was read from, read again when it is rotated; empty where
 *     the URL was given itself
 * @param queueCapacity how many images may wait
 * @param maxAttempts how often a job may lose its worker
 * @param lease how long a worker that says nothing counts as alive
 * @param retention how long finished jobs are kept
 */
public record StoreSettings(
        Path dataDir,
        Optional<String> databaseUrl,
        Optional<Path> databaseUrlFile,
        int queueCapacity,
        int maxAttempts,
        Duration lease,
        Duration retention) {
    /** How long a client hears that a job was there. */
    static final Duration TOMBSTONES = Duration.ofDays(1);

    /** Creates settings whose URL comes from no file. */
    public StoreSettings(
            Path dataDir,
            Optional<String> databaseUrl,
            int queueCapacity,
            int maxAttempts,
            Duration lease,
            Duration retention) {
        this(dataDir, databaseUrl, Optional.empty(), queueCapacity, maxAttempts, lease, retention);
    }

    /** Returns the settings with the file that the URL was read from. */
    public StoreSettings withDatabaseUrlFile(Optional<Path> file) {
        return new StoreSettings(dataDir, databaseUrl, file, queueCapacity, maxAttempts, lease, retention);
    }

    /** Returns the defaults over a SQLite file. */
    public static StoreSettings in(Path dataDir) {
        return new StoreSettings(dataDir, Optional.empty(), 256, 3, Duration.ofSeconds(30), Duration.ofHours(24));
    }

    /**
     * Checks the address of a database.
     *
     * @throws IllegalArgumentException when it is none; does not show it, because it may hold a password
     */
    public static void requireDatabase(String url) {
        PgAddress.of(url);
    }

    /** Says everything but the database's address, which holds a password. */
    @Override
    public String toString() {
        return "StoreSettings[" + (databaseUrl.isPresent() ? "PostgreSQL" : dataDir) + ", " + queueCapacity + ", "
                + maxAttempts + ", " + lease + ", " + retention + "]";
    }
}
