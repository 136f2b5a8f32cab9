package dev.atelier.gateway.job;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.GT;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A cause for which no job can be read or written. The texts are for the log and for readiness: they name no user, no
 * password, no host and no path. A failure that concerns one statement alone is none of these.
 */
enum StoreProblem {
    /** The host's name has no address. */
    HOST_UNKNOWN("the host name in DATABASE_URL cannot be resolved", "Check the name and the DNS."),
    /** No process listens. */
    CONNECTION_REFUSED("the database server refused the connection", "Check that it runs, and its host and port."),
    /** No route leads to the host. */
    UNREACHABLE("no network route leads to the database server", "Check the network."),
    /** Packets or answers are missing. */
    TIMED_OUT("the database server does not answer in time", "Check the server, its load and any firewall."),
    /** An established connection broke. */
    CONNECTION_LOST("the database server closed the connection", "Connecting again."),
    /** The server's certificate or its lack of TLS. */
    TLS_FAILED("the TLS connection to the database server failed", "Check sslmode and the certificates.", true),
    /** A wrong password; an unknown role too, where the server asks for passwords. */
    PASSWORD_REJECTED(
            "the database server rejected the user name or password",
            "Set the right ones in DATABASE_URL or in the file that DATABASE_URL_FILE names.",
            true),
    /** DATABASE_URL holds none. */
    PASSWORD_MISSING(
            "the database server asks for a password that DATABASE_URL does not hold, or for another authentication",
            "Add the password to DATABASE_URL, or set scram-sha-256 in the server's pg_hba.conf.",
            true),
    /** A role that does not exist or may not log in. */
    ROLE_REJECTED(
            "the role in DATABASE_URL does not exist or may not log in", "Create it, or name another role.", true),
    /** No line of pg_hba.conf fits. */
    ACCESS_RULE_MISSING(
            "the database server's pg_hba.conf rejects this host, role, database or lack of TLS",
            "Add a line for them there.",
            true),
    /** The server holds no database of that name. */
    DATABASE_UNKNOWN(
            "the database named in DATABASE_URL does not exist on its server",
            "Create it, or name another database.",
            true),
    /** The role lacks a privilege. */
    PERMISSION_DENIED(
            "the role in DATABASE_URL lacks a privilege on the database",
            "Grant it CONNECT on the database, and USAGE and CREATE on the schema.",
            true),
    /** The tables are gone. */
    SCHEMA_MISSING("the database lacks the tables of jobs", "Restore it, or restart the server to create them."),
    /** Every connection slot is taken. */
    TOO_MANY_CONNECTIONS("the database server has too many connections", "Raise max_connections or close others."),
    /** Memory or another resource. */
    SERVER_EXHAUSTED("the database server lacks memory or another resource", "Check the server."),
    /** It starts, stops or recovers. */
    SERVER_STARTING("the database server is starting, stopping or recovering", "Connecting again."),
    /** A standby, or a server that was set read-only. */
    READ_ONLY(
            "the database server is read-only, as a standby is",
            "Promote it, or let DATABASE_URL lead to the primary server."),
    /** None of several servers is the primary. */
    NO_PRIMARY("none of the database servers in DATABASE_URL accepts writes", "Promote one of them."),
    /** No room. */
    DISK_FULL("the disk that holds the database is full", "Free some space."),
    /** The disk fails. */
    INPUT_OUTPUT("the disk that holds the database reports an input or output error", "Check the disk."),
    /** The file's path leads nowhere. */
    FILE_MISSING(
            "the database file atelier.db was removed or renamed while it was open",
            "Put the same file back, or restart the server to begin with an empty database."),
    /** The file's path leads to another file. */
    FILE_REPLACED(
            "another file has replaced the open database file atelier.db",
            "Put the former file back, or restart the server to use the new one."),
    /** As {@link #FILE_MISSING}, of the write-ahead log. */
    LOG_FILE_MOVED(
            "a log file of the database (atelier.db-wal or atelier.db-shm) was removed or replaced while it was open",
            "Restart the server; everything that was accepted is in atelier.db."),
    /** Another process writes. */
    FILE_LOCKED("another process keeps the database file atelier.db locked", "End that process."),
    /** Its permissions or its file system. */
    FILE_READ_ONLY("the database file atelier.db cannot be written", "Check its permissions and its file system."),
    /** Its folder or permissions. */
    FILE_NOT_OPENED("the database file atelier.db cannot be opened", "Check DATA_DIR and its permissions."),
    /** A file of another kind. */
    NOT_A_DATABASE("the file atelier.db is no SQLite database", "Restore it from a backup, or move it away.", true),
    /** A damaged file. */
    CORRUPT("the database file atelier.db is damaged", "Restore it from a backup, or move it away.", true);

    private static final Map<String, StoreProblem> STATES = Map.ofEntries(
            Map.entry("28P01", PASSWORD_REJECTED),
            Map.entry("3D000", DATABASE_UNKNOWN),
            Map.entry("42501", PERMISSION_DENIED),
            Map.entry("42P01", SCHEMA_MISSING),
            Map.entry("3F000", SCHEMA_MISSING),
            Map.entry("25006", READ_ONLY),
            Map.entry("53100", DISK_FULL),
            Map.entry("53300", TOO_MANY_CONNECTIONS),
            Map.entry("57P01", SERVER_STARTING),
            Map.entry("57P02", SERVER_STARTING),
            Map.entry("57P03", SERVER_STARTING),
            Map.entry("57P04", DATABASE_UNKNOWN),
            Map.entry("57P05", CONNECTION_LOST));

    private static final Map<SQLiteErrorCode, StoreProblem> RESULTS = Map.ofEntries(
            Map.entry(SQLiteErrorCode.SQLITE_FULL, DISK_FULL),
            Map.entry(SQLiteErrorCode.SQLITE_BUSY, FILE_LOCKED),
            Map.entry(SQLiteErrorCode.SQLITE_LOCKED, FILE_LOCKED),
            Map.entry(SQLiteErrorCode.SQLITE_PROTOCOL, FILE_LOCKED),
            Map.entry(SQLiteErrorCode.SQLITE_IOERR, INPUT_OUTPUT),
            Map.entry(SQLiteErrorCode.SQLITE_CANTOPEN, FILE_NOT_OPENED),
            Map.entry(SQLiteErrorCode.SQLITE_PERM, FILE_NOT_OPENED),
            Map.entry(SQLiteErrorCode.SQLITE_READONLY, FILE_READ_ONLY),
            Map.entry(SQLiteErrorCode.SQLITE_NOTADB, NOT_A_DATABASE),
            Map.entry(SQLiteErrorCode.SQLITE_CORRUPT, CORRUPT));

    private final String cause;
    private final String remedy;
    private final boolean lasting;

    StoreProblem(String cause, String remedy) {
        this(cause, remedy, false);
    }

    StoreProblem(String cause, String remedy, boolean lasting) {
        this.cause = cause;
        this.remedy = remedy;
        this.lasting = lasting;
    }

    /** Returns the cause and, as a second sentence, what to do. */
    String text() {
        return cause + ". " + remedy;
    }

    /** Returns whether trying again does not help until an operator changes something. */
    boolean isLasting() {
        return lasting;
    }

    /** Returns whether only a successful write proves that it has passed, because reads succeed meanwhile. */
    boolean concernsWrites() {
        return switch (this) {
            case READ_ONLY,
                    DISK_FULL,
                    FILE_MISSING,
                    FILE_REPLACED,
                    LOG_FILE_MOVED,
                    FILE_LOCKED,
                    FILE_READ_ONLY,
                    PERMISSION_DENIED -> true;
            default -> false;
        };
    }

    /** Finds the cause in a failure and in its own causes; empty when the database is not at fault. */
    static Optional<StoreProblem> of(Throwable failure) {
        @Nullable StoreProblem network = null;
        for (Throwable cause = failure; cause != null && network == null; cause = cause.getCause()) {
            network = ofNetwork(cause);
        }
        if (network != null) {
            return Optional.of(network);
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SqliteFile.MovedException moved) {
                return Optional.of(moved.problem());
            }
            if (cause instanceof SQLiteException sqlite) {
                return Optional.ofNullable(ofResult(sqlite.getResultCode()));
            }
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return Optional.ofNullable(ofState(sql.getSQLState(), String.valueOf(sql.getMessage())));
            }
        }
        return Optional.empty();
    }

    private static @Nullable StoreProblem ofNetwork(Throwable failure) {
        if (failure instanceof UnknownHostException) {
            return HOST_UNKNOWN;
        }
        if (failure instanceof SSLException || failure instanceof GeneralSecurityException) {
            return TLS_FAILED;
        }
        if (failure instanceof SocketTimeoutException) {
            return TIMED_OUT;
        }
        if (failure instanceof SocketException) {
            return ofSocket(failure, String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT));
        }
        return failure instanceof EOFException ? CONNECTION_LOST : null;
    }

    private static StoreProblem ofSocket(Throwable failure, String message) {
        if (failure instanceof NoRouteToHostException || message.contains("unreachable")) {
            return UNREACHABLE;
        }
        if (message.contains("timed out")) {
            return TIMED_OUT;
        }
        return failure instanceof ConnectException ? CONNECTION_REFUSED : CONNECTION_LOST;
    }

    // Extended result codes have the primary one in their low byte; SQLite reports a moved file as read-only.
    private static @Nullable StoreProblem ofResult(SQLiteErrorCode result) {
        return result == SQLiteErrorCode.SQLITE_READONLY_DBMOVED
                ? FILE_MISSING
                : RESULTS.get(SQLiteErrorCode.getErrorCode(result.code & 0xff));
    }

    // Class 08 is the connection, 53 a resource, 58 the server's system.
    private static @Nullable StoreProblem ofState(String state, String message) {
        StoreProblem known = STATES.get(state);
        if (known != null) {
            return known;
        }
        return switch (state.substring(0, Math.min(2, state.length()))) {
            case "08" -> ofConnection(state, message);
            case "28" -> message.contains("pg_hba.conf") ? ACCESS_RULE_MISSING : ROLE_REJECTED;
            case "53" -> SERVER_EXHAUSTED;
            case "58" -> INPUT_OUTPUT;
            default -> null;
        };
    }

    // The driver gives several causes one state. Its texts are in the language of the process, but keep such names.
    private static StoreProblem ofConnection(String state, String message) {
        if (message.contains("SSL") || message.contains("hostnameverifier")) {
            return TLS_FAILED;
        }
        if (message.contains("targetServerType")) {
            return NO_PRIMARY;
        }
        if (state.equals("08004")) {
            return PASSWORD_MISSING;
        }
        return message.equals(GT.tr("Connection attempt timed out.")) ? TIMED_OUT : CONNECTION_LOST;
    }
}
