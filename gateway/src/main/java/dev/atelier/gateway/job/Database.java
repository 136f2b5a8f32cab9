package dev.atelier.gateway.job;

import com.zaxxer.hikari.HikariDataSource;
import dev.atelier.plugin.ErrorCode;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * A database with the schema of jobs, a pool of connections to it, and notifications of changes. Blocks; every failure
 * that is the database's is told apart by {@link StoreFailures}, and its cause is kept by {@link StoreStatus}.
 */
final class Database implements AutoCloseable {
    /** Receives the notices of committed transactions. */
    interface Listener {
        void committed(Transaction transaction);
    }

    private final Dialect dialect;
    private final HikariDataSource pool;
    private final StoreStatus status;
    private final @Nullable SqliteFile file;
    private final @Nullable PgConnector connector;
    private final Jdbi jdbi;
    private final String gateway;
    private volatile Listener listener = transaction -> {};

    // SQLite lets one transaction write. One that finds another there sleeps and tries again, longer each time and in
    // no order, which made some submissions wait a second; here each has its turn.
    private final ReentrantLock turns = new ReentrantLock(true);

    private Database(
            HikariDataSource pool,
            StoreStatus status,
            @Nullable SqliteFile file,
            @Nullable PgConnector connector,
            String gateway) {
        this.dialect = file == null ? Dialect.POSTGRESQL : Dialect.SQLITE;
        this.pool = pool;
        this.status = status;
        this.file = file;
        this.connector = connector;
        this.gateway = gateway;
        this.jdbi = Jdbi.create(pool);
        dialect.define(jdbi);
        Migrations.apply(jdbi, dialect);
    }

    /** Opens the database that the settings name; the failure names it and the cause, and no credentials. */
    static Database open(StoreSettings settings, String gateway) throws IOException {
        return settings.databaseUrl().isPresent()
                ? PostgreSql.open(
                        settings.databaseUrl().get(),
                        settings.databaseUrlFile(),
                        (pool, connector, status) -> new Database(pool, status, null, connector, gateway))
                : Sqlite.open(
                        settings.dataDir(), (pool, file, status) -> new Database(pool, status, file, null, gateway));
    }

    Dialect dialect() {
        return dialect;
    }

    /** Returns the cause for which the database cannot be used; empty while it can. */
    Optional<String> problem() {
        return status.problem().map(StoreProblem::text);
    }

    void listen(Listener hears) {
        listener = hears;
    }

    /** Receives the notices of other gateways, where there can be any. */
    Optional<PgListener> receive(Consumer<Notice> hears) {
        return Optional.ofNullable(connector)
                .map(source -> new PgListener(source, status, this::evictConnections, gateway, hears));
    }

    /** Changes things in one transaction, and tells of it once it is committed. */
    <T> T change(Function<Transaction, T> statements) {
        return observed(true, () -> {
            Transaction[] committed = new Transaction[1];
            T result = inTurn(() -> jdbi.inTransaction(handle -> {
                Transaction transaction = new Transaction(handle, dialect);
                T changed = statements.apply(transaction);
                transaction.notices().forEach(notice -> dialect.tell(handle, notice.text(gateway)));
                committed[0] = transaction;
                return changed;
            }));
            listener.committed(committed[0]);
            return result;
        });
    }

    private <T> T inTurn(Supplier<T> transaction) {
        if (file == null) {
            return transaction.get();
        }
        turns.lock();
        try {
            file.requireInPlace();
            return transaction.get();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            turns.unlock();
        }
    }

    /** Reads, without keeping writers away. */
    <T> T read(Function<Handle, T> statements) {
        if (file != null) {
            file.checkNowAndThen();
        }
        return observed(false, () -> jdbi.withHandle(statements::apply));
    }

    private <T> T observed(boolean writes, Supplier<T> statements) {
        if (status.isAway()) {
            throw StoreFailures.failure(ErrorCode.STORE_UNAVAILABLE, null);
        }
        T result;
        try {
            result = StoreFailures.named(statements);
        } catch (RuntimeException e) {
            failed(e);
            throw e;
        }
        status.succeeded(writes);
        return result;
    }

    private void failed(RuntimeException failure) {
        if (connector != null && StoreFailures.withoutConnection(failure)) {
            status.withoutConnection();
            return;
        }
        StoreProblem.of(failure).ifPresent(problem -> {
            status.failed(problem);
            if (problem == StoreProblem.READ_ONLY) {
                evictConnections(); // each of them leads to the same server
            }
        });
    }

    private void evictConnections() {
        pool.getHikariPoolMXBean().softEvictConnections();
    }

    @Override
    public void close() throws IOException {
        if (connector != null) {
            connector.close();
        }
        pool.close();
        if (file != null) {
            file.close();
        }
    }
}
