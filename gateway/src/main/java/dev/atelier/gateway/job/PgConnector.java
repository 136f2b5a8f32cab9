package dev.atelier.gateway.job;

import com.zaxxer.hikari.util.Credentials;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.slf4j.LoggerFactory;

/**
 * Connects to PostgreSQL and reports the cause of each failure. Where the address comes from a file, the file is read
 * again before each attempt: a rotated password needs no restart. As a pool's source it tries again until it succeeds
 * or is closed, because the pool's own pauses grow to five seconds. Safe from any thread.
 */
final class PgConnector implements DataSource, AutoCloseable {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(PgConnector.class);
    private static final Duration PAUSE = Duration.ofMillis(200);
    /** How many pauses pass before a rejected address is tried again unchanged: servers lock out who tries often. */
    private static final int PAUSES_WHEN_REJECTED = 25;

    /** How long a pool that is being closed waits for an attempt to end. */
    private static final int CLOSE_SECONDS = 5;

    private final Optional<Path> file;
    private final StoreStatus status;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile PgAddress address;
    private volatile boolean fileUsable = true;

    PgConnector(PgAddress address, Optional<Path> file, StoreStatus status) {
        this.address = address;
        this.file = file;
        this.status = status;
    }

    /** Returns the present user and password, from the file where one is named. */
    Credentials credentials() {
        PgAddress now = reread();
        return Credentials.of(now.user(), now.password());
    }

    private PgAddress reread() {
        file.ifPresent(this::read);
        return address;
    }

    private synchronized void read(Path from) {
        try {
            PgAddress read = PgAddress.of(Files.readString(from).strip());
            if (!read.equals(address)) {
                LOG.info("DATABASE_URL_FILE was changed file={} database={}", from, read.shown());
                address = read;
            }
            fileUsable = true;
        } catch (IOException | IllegalArgumentException e) {
            if (fileUsable) {
                LOG.error(
                        "DATABASE_URL_FILE cannot be read; its former content stays in use file={} cause={}",
                        from,
                        e instanceof IOException ? e.getClass().getSimpleName() : e.getMessage());
            }
            fileUsable = false;
        }
    }

    /** Connects once. */
    Connection connect() throws SQLException {
        return connect(reread());
    }

    private Connection connect(PgAddress to) throws SQLException {
        try {
            Connection connection = new Driver().connect(to.jdbcUrl(), to.properties());
            if (connection == null) {
                throw new SQLException("the driver does not know this kind of address", "08001");
            }
            status.connected();
            return connection;
        } catch (SQLException e) {
            status.notConnected(StoreProblem.of(e).orElse(StoreProblem.CONNECTION_LOST));
            throw e;
        }
    }

    /** Connects, trying again for a while unless the cause lasts; fails with the last cause. */
    void awaitServer(Duration patience) throws SQLException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                connect().close();
                return;
            } catch (SQLException e) {
                boolean lasting =
                        StoreProblem.of(e).map(StoreProblem::isLasting).orElse(false);
                if (lasting || System.nanoTime() - end > 0 || pausedUntilClosed()) {
                    throw e;
                }
            }
        }
    }

    @Override
    public Connection getConnection() throws SQLException {
        return getConnection(null, null);
    }

    /** Connects, trying again until it succeeds or the connector is closed. */
    @Override
    public Connection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
        PgAddress to = address.as(user, password);
        while (true) {
            try {
                return connect(to);
            } catch (SQLException e) {
                boolean lasting =
                        StoreProblem.of(e).map(StoreProblem::isLasting).orElse(false);
                if (isClosedAfterPauses(lasting ? PAUSES_WHEN_REJECTED : 1, to)) {
                    throw e;
                }
                to = reread();
            }
        }
    }

    private boolean isClosedAfterPauses(int pauses, PgAddress tried) {
        boolean ended = false;
        for (int i = 0; i < pauses && !ended; i++) {
            ended = pausedUntilClosed();
            if (!reread().equals(tried)) {
                return ended;
            }
        }
        return ended;
    }

    private boolean pausedUntilClosed() {
        try {
            return closed.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Lets attempts to connect end. */
    @Override
    public void close() {
        closed.countDown();
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) {
        // failures are logged by the status
    }

    @Override
    public void setLoginTimeout(int seconds) {
        // the address bounds each attempt
    }

    @Override
    public int getLoginTimeout() {
        return CLOSE_SECONDS;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("it wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
