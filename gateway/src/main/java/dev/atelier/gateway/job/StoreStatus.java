package dev.atelier.gateway.job;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the reason for which the database cannot be used, and logs each change of it once. Two sources report: attempts
 * to connect, which may fail while open connections still work, and statements. Safe from any thread.
 */
final class StoreStatus {
    private static final Logger LOG = LoggerFactory.getLogger(StoreStatus.class);

    private static final long AWAY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final String database;
    private @Nullable StoreProblem connecting;
    private @Nullable StoreProblem using;
    private @Nullable StoreProblem logged;
    private long since;
    private boolean away;
    private long askAgainAt;

    /**
     * Creates the status of a database that works.
     *
     * @param database names it in the log; without credentials
     */
    StoreStatus(String database) {
        this.database = database;
    }

    /** Returns the reason for which statements fail; empty while they succeed. */
    synchronized Optional<StoreProblem> problem() {
        return Optional.ofNullable(using);
    }

    /** An attempt to connect failed. */
    synchronized void notConnected(StoreProblem problem) {
        connecting = problem;
        log();
    }

    /** An attempt to connect succeeded. */
    synchronized void connected() {
        connecting = null;
        away = false;
        log();
    }

    /** A statement failed. */
    synchronized void failed(StoreProblem problem) {
        using = problem;
        log();
    }

    /** No connection became free in time, which has the reason of the failed attempts to connect. */
    synchronized void withoutConnection() {
        away = true;
        askAgainAt = System.nanoTime() + AWAY_NANOS;
        failed(connecting == null ? StoreProblem.TIMED_OUT : connecting);
    }

    /**
     * Returns whether a connection was waited for in vain a moment ago, and none was made since: most statements fail
     * at once instead of waiting one after the other.
     */
    synchronized boolean isAway() {
        return away && System.nanoTime() - askAgainAt < 0;
    }

    /** A statement succeeded. */
    synchronized void succeeded(boolean wrote) {
        away = false;
        if (using != null && (wrote || !using.concernsWrites())) {
            using = null;
            log();
        }
    }

    /** A problem has passed, if it is still the present one. */
    synchronized void passed(StoreProblem problem) {
        if (using == problem) {
            using = null;
            log();
        }
    }

    private void log() {
        StoreProblem now = using == null ? connecting : using;
        if (now == logged) {
            return;
        }
        if (logged == null) {
            since = System.nanoTime();
        }
        logged = now;
        if (now == null) {
            LOG.info("database available again database={} seconds={}", database, secondsSince());
        } else {
            LOG.error("database unavailable database={} cause={}: {}", database, now, now.text());
        }
    }

    private long secondsSince() {
        return Duration.ofNanos(System.nanoTime() - since).toSeconds();
    }
}
