package dev.atelier.gateway.job;

import java.sql.Connection;
import java.sql.ResultSet;
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
 * Receives the notifications of other gateways, on a connection and a thread of its own. Notifications are lost while
 * the connection is: waiting parts poll now and then. Every second the listener checks that its server still answers
 * and accepts writes; when it does not, as after a failover, it connects again and has the pool do so too.
 */
final class PgListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PgListener.class);
    private static final int WAIT_MILLIS = 1_000;
    private static final int ANSWER_MILLIS = 1_500;
    private static final String READ_ONLY = "25006";

    private final PgConnector connector;
    private final StoreStatus status;
    private final Runnable evict;
    private final String gateway;
    private final Consumer<Notice> hears;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "atelier-store-listener");

    /**
     * Starts to listen.
     *
     * @param evict ends the other connections to the server, which no longer is the one to use
     * @param hears receives what other gateways tell
     */
    PgListener(PgConnector connector, StoreStatus status, Runnable evict, String gateway, Consumer<Notice> hears) {
        this.connector = connector;
        this.status = status;
        this.evict = evict;
        this.gateway = gateway;
        this.hears = hears;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (!isClosed(0)) {
            try (Connection connection = connector.connect()) {
                listenOrEvict(connection);
            } catch (SQLException e) {
                LOG.debug("notification listener disconnected; retrying delay_seconds=1", e);
                isClosed(TimeUnit.SECONDS.toMillis(1));
            }
        }
    }

    // A failure to connect says nothing of the connections that are open: those may be the last that work.
    private void listenOrEvict(Connection connection) throws SQLException {
        try {
            listen(connection);
        } catch (SQLException e) {
            StoreProblem.of(e).filter(StoreProblem.READ_ONLY::equals).ifPresent(status::failed);
            evict.run();
            throw e;
        }
    }

    // Ends without a failure when the connection has been used for long enough.
    private void listen(Connection connection) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
        requireWritable(connection);
        status.passed(StoreProblem.READ_ONLY);
        try (Statement statement = connection.createStatement()) {
            statement.execute("LISTEN " + Dialect.CHANNEL);
        }
        hears.accept(Notice.QUEUE); // a notification may have been lost meanwhile
        PGConnection notifications = connection.unwrap(PGConnection.class);
        long end = System.nanoTime() + PostgreSql.LIFETIME.toNanos();
        long checked = System.nanoTime();
        while (!isClosed(0) && System.nanoTime() - end < 0) {
            for (PGNotification one : notifications.getNotifications(WAIT_MILLIS)) {
                Notice.read(one.getParameter(), gateway).ifPresent(hears);
            }
            if (System.nanoTime() - checked > TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS) / 2) {
                requireWritable(connection);
                checked = System.nanoTime();
            }
        }
    }

    private static void requireWritable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'")) {
            row.next();
            if (row.getBoolean(1)) {
                throw new SQLException("the server is read-only", READ_ONLY);
            }
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
