package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells failures of the database, which pass, from faults of ours. */
final class StoreFailures {
    /** After how many seconds asking again may help. */
    private static final int RETRY_SECONDS = 5;

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

    /** Returns whether what was asked failed because the database cannot be used. */
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
                : "The database that holds the jobs cannot be used at the moment";
    }

    private static @Nullable ErrorCode code(Throwable failure) {
        if (withoutConnection(failure)) {
            return ErrorCode.STORE_UNAVAILABLE;
        }
        Optional<StoreProblem> problem = StoreProblem.of(failure);
        if (problem.isPresent()) {
            return problem.get() == StoreProblem.DISK_FULL ? ErrorCode.STORAGE_FULL : ErrorCode.STORE_UNAVAILABLE;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return passes(sql.getSQLState()) ? ErrorCode.STORE_UNAVAILABLE : null;
            }
        }
        return null;
    }

    /** Returns whether no connection was free or could be made in time. */
    static boolean withoutConnection(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return true;
            }
        }
        return false;
    }

    // A statement alone: class 40 given up for another transaction, 57 canceled by an operator, 25P03 a transaction
    // that
    // was idle for too long, 55P03 the lock of another transaction.
    private static boolean passes(String state) {
        return state.startsWith("40") || state.startsWith("57") || state.equals("25P03") || state.equals("55P03");
    }
}
