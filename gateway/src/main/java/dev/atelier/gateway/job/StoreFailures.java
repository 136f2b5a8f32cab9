package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Tells failures of the database, which pass, from faults of ours. */
final class StoreFailures {
    /** After how many seconds asking again may help. */
    private static final int RETRY_SECONDS = 5;

    private static final Set<String> PASSING_STATES = Set.of("25006", "25P03", "55P03");

    private StoreFailures() {}

    /** Runs statements; what is the database's failure comes out as STORE_UNAVAILABLE or STORAGE_FULL. */
    static <T> T named(Supplier<T> statements) {
        try {
            return statements.get();
        } catch (RuntimeException e) {
            ErrorCode code = code(e);
            throw code == null ? e : failure(code, e);
        }
    }

    /** Returns whether what was asked failed because the database cannot be reached. */
    static boolean isAway(Throwable failure) {
        return failure instanceof PipelineException named && named.code() == ErrorCode.STORE_UNAVAILABLE;
    }

    /** Returns what a client is told when the database is away, or its disk is full. */
    static PipelineException failure(ErrorCode code, @Nullable Throwable cause) {
        return new PipelineException(code, message(code), Map.of("retry_after_seconds", RETRY_SECONDS), cause);
    }

    private static String message(ErrorCode code) {
        return code == ErrorCode.STORAGE_FULL
                ? "The disk that holds the jobs is full"
                : "The database that holds the jobs cannot be reached";
    }

    private static @Nullable ErrorCode code(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLiteException sqlite) {
                return code(sqlite.getResultCode());
            }
            if (cause instanceof SQLTransientConnectionException) {
                return ErrorCode.STORE_UNAVAILABLE;
            }
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return code(sql.getSQLState());
            }
        }
        return null;
    }

    // Extended codes have the primary one in their low byte.
    private static @Nullable ErrorCode code(SQLiteErrorCode result) {
        int primary = result.code & 0xff;
        if (primary == SQLiteErrorCode.SQLITE_FULL.code) {
            return ErrorCode.STORAGE_FULL;
        }
        boolean passes = primary == SQLiteErrorCode.SQLITE_BUSY.code
                || primary == SQLiteErrorCode.SQLITE_IOERR.code
                || primary == SQLiteErrorCode.SQLITE_CANTOPEN.code;
        return passes ? ErrorCode.STORE_UNAVAILABLE : null;
    }

    // Classes: 08 connection, 53 resources (53100 disk), 57 an operator's doing, 40 given up for another transaction,
    // 25006 a standby that takes no writes, 25P03 a transaction in which too long nothing was asked, 55P03 somebody
    // else's lock.
    private static @Nullable ErrorCode code(String state) {
        if (state.equals("53100")) {
            return ErrorCode.STORAGE_FULL;
        }
        boolean passes = state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57")
                || state.startsWith("40")
                || PASSING_STATES.contains(state);
        return passes ? ErrorCode.STORE_UNAVAILABLE : null;
    }
}
