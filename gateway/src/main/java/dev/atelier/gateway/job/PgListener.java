package dev.atelier.gateway.job;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what other gateways tell, on a connection and a thread of its own. While the connection is lost, what is told
 * is lost too: whoever waits looks by itself now and then.
 */
final class PgListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PgListener.class);
    private static final int WAIT_MILLIS = 2_000;
    private static final int VALID_SECONDS = 2;

    private final HikariDataSource pool;
    private final String gateway;
    private final Consumer<Notice> hears;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "atelier-store-listener");

    PgListener(HikariDataSource pool, String gateway, Consumer<Notice> hears) {
        this.pool = pool;
        this.gateway = gateway;
        this.hears = hears;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (!isClosed(0)) {
            try (Connection connection = pool.getConnection()) {
                listen(connection);
            } catch (SQLException e) {
                LOG.debug("the database tells nothing, trying again", e);
                isClosed(TimeUnit.SECONDS.toMillis(1));
            }
        }
    }

    private void listen(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("LISTEN " + Dialect.CHANNEL);
        }
        hears.accept(Notice.QUEUE); // something may have been told while nobody listened
        PGConnection notifications = connection.unwrap(PGConnection.class);
        try {
            while (!isClosed(0)) {
                PGNotification[] told = notifications.getNotifications(WAIT_MILLIS);
                for (PGNotification one : told) {
                    Notice.read(one.getParameter(), gateway).ifPresent(hears);
                }
                if (told.length == 0 && !connection.isValid(VALID_SECONDS)) {
                    throw new SQLException("the connection is broken");
                }
            }
        } finally {
            pool.evictConnection(connection);
        }
    }

    private boolean isClosed(long millis) {
        try {
            return closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
    }
}
