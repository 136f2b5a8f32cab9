package dev.atelier.gateway.job;

import java.sql.SQLException;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * What differs between the databases. Statements use it as {@code <now>}, {@code <locking>} and, for an event's data
 * without its preview, {@code <plain>}.
 */
enum Dialect {
    /** A file of this process: a transaction that writes has the database to itself. */
    SQLITE("(CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)", "", "json_remove(data, '$.preview')") {
        @Override
        void lock(Handle handle, long key) {
            // the transaction has it already
        }

        @Override
        void takeTime(Handle handle) {
            // it does already
        }

        @Override
        void tell(Handle handle, String text) {
            // nobody else is there
        }
    },
    /** Shared by gateways. */
    POSTGRESQL(
            "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
            "FOR UPDATE SKIP LOCKED",
            "CAST(CAST(data AS jsonb) - 'preview' AS text)") {
        @Override
        void lock(Handle handle, long key) {
            handle.createQuery("SELECT 1 FROM (SELECT pg_advisory_xact_lock(:key)) AS locked")
                    .bind("key", key)
                    .mapTo(Integer.class)
                    .one();
        }

        @Override
        void takeTime(Handle handle) {
            handle.execute("SET LOCAL lock_timeout = 0");
            try {
                handle.getConnection().setNetworkTimeout(Runnable::run, 0); // the pool sets it anew afterwards
            } catch (SQLException e) {
                throw new ConnectionException(e);
            }
        }

        @Override
        void tell(Handle handle, String text) {
            handle.createQuery("SELECT 1 FROM (SELECT pg_notify(:channel, :text)) AS told")
                    .bind("channel", CHANNEL)
                    .bind("text", text)
                    .mapTo(Integer.class)
                    .one();
        }
    };

    /** Where gateways tell each other. */
    static final String CHANNEL = "atelier";

    private final String now;
    private final String locking;
    private final String plain;

    Dialect(String now, String locking, String plain) {
        this.now = now;
        this.locking = locking;
        this.plain = plain;
    }

    /** Returns the folder of the migrations. */
    String folder() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Makes the words known to all statements. */
    void define(Jdbi jdbi) {
        jdbi.define("now", now).define("locking", locking).define("plain", plain);
    }

    /** Lets one transaction at a time go on, until it ends. */
    abstract void lock(Handle handle, long key);

    /** Lets the transaction wait for locks longer than others may. */
    abstract void takeTime(Handle handle);

    /** Tells the other gateways when the transaction is committed. */
    abstract void tell(Handle handle, String text);
}
