package dev.atelier.gateway.job;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL database that gateways share: its pool, whose connections do not outlive a failover. */
final class PostgreSql {
    /** What one gateway asks at the same time; one connection more listens. */
    static final int CONNECTIONS = 8;
    /** How long a connection is used. */
    static final Duration LIFETIME = Duration.ofMinutes(5);

    private static final Duration GIVE_UP = Duration.ofSeconds(2);
    private static final Duration START = Duration.ofSeconds(10);

    // A gateway that stands still in the middle of a transaction must not keep the others from the queue or a job.
    private static final String BOUNDS = "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '5s'";

    private PostgreSql() {}

    /** Makes a database of its connections. */
    interface Preparation {
        Database prepare(HikariDataSource pool, PgConnector connector, StoreStatus status);
    }

    /** Waits for the server for a while and opens a database; the failure names it and the cause, no credentials. */
    static Database open(String url, Optional<Path> urlFile, Preparation preparation) throws IOException {
        PgAddress address = PgAddress.of(url);
        StoreStatus status = new StoreStatus(address.shown());
        PgConnector connector = new PgConnector(address, urlFile, status);
        @Nullable HikariDataSource pool = null;
        try {
            connector.awaitServer(START);
            pool = pool(connector);
            return preparation.prepare(pool, connector, status);
        } catch (SQLException | RuntimeException e) {
            connector.close();
            if (pool != null) {
                pool.close();
            }
            String cause = StoreProblem.of(e).map(StoreProblem::text).orElseGet(() -> reason(e));
            throw new IOException("database " + address + " cannot be used: " + cause, e);
        }
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    private static HikariDataSource pool(PgConnector connector) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(connector);
        config.setCredentialsProvider(connector::credentials);
        config.setExceptionOverride(new Eviction());
        config.setPoolName("atelier-store");
        config.setConnectionInitSql(BOUNDS);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(GIVE_UP.toMillis());
        config.setValidationTimeout(GIVE_UP.toMillis() / 2);
        config.setMaxLifetime(LIFETIME.toMillis());
        config.setIdleTimeout(LIFETIME.toMillis() / 2);
        config.setInitializationFailTimeout(-1); // the connector has connected already
        return new HikariDataSource(config);
    }

    /** Decides which failures end a connection, besides those that the pool knows. */
    private static final class Eviction implements SQLExceptionOverride {
        // 25006 a read-only server, 25P03 and 57P05 a session that the server has ended
        private static final Set<String> STATES = Set.of("25006", "25P03", "57P05");

        @java.lang.Override
        public Override adjudicate(SQLException failure) {
            String state = failure.getSQLState();
            return state != null && STATES.contains(state) ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
        }
    }
}
