package dev.atelier.gateway.job;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * A database with the schema of jobs, a pool of connections to it, and what tells others of changes. Blocks; every
 * failure that is the database's is told apart by {@link StoreFailures}.
 */
final class Database implements AutoCloseable {
    /** Hears what a committed transaction has to tell. */
    interface Listener {
        void committed(Transaction transaction);
    }

    private final Dialect dialect;
    private final HikariDataSource pool;
    private final @Nullable DataFolderLock lock;
    private final Jdbi jdbi;
    private final String gateway;
    private volatile Listener listener = transaction -> {};

    // SQLite lets one transaction write. Who finds another there sleeps and tries again, longer each time and in no
    // order, which made some submissions wait a second; here each has its turn.
    private final ReentrantLock turns = new ReentrantLock(true);

    private Database(Dialect dialect, HikariDataSource pool, @Nullable DataFolderLock lock, String gateway) {
        this.dialect = dialect;
        this.pool = pool;
        this.lock = lock;
        this.gateway = gateway;
        this.jdbi = Jdbi.create(pool);
        dialect.define(jdbi);
    }

    /** Opens the database that the settings name. */
    static Database open(StoreSettings settings, String gateway) throws IOException {
        if (settings.databaseUrl().isPresent()) {
            return PostgreSql.open(
                    settings.databaseUrl().get(), pool -> create(Dialect.POSTGRESQL, pool, null, gateway));
        }
        return Sqlite.open(settings.dataDir(), (pool, lock) -> create(Dialect.SQLITE, pool, lock, gateway));
    }

    private static Database create(
            Dialect dialect, HikariDataSource pool, @Nullable DataFolderLock lock, String gateway) {
        Database database = new Database(dialect, pool, lock, gateway);
        Migrations.apply(database.jdbi, dialect);
        return database;
    }

    Dialect dialect() {
        return dialect;
    }

    HikariDataSource pool() {
        return pool;
    }

    void listen(Listener hears) {
        listener = hears;
    }

    /** Changes things in one transaction, and tells of it once it is committed. */
    <T> T change(Function<Transaction, T> statements) {
        return StoreFailures.named(() -> {
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
        if (dialect != Dialect.SQLITE) {
            return transaction.get();
        }
        turns.lock();
        try {
            return transaction.get();
        } finally {
            turns.unlock();
        }
    }

    /** Reads, without keeping writers away. */
    <T> T read(Function<Handle, T> statements) {
        return StoreFailures.named(() -> jdbi.withHandle(statements::apply));
    }

    @Override
    public void close() throws IOException {
        pool.close();
        if (lock != null) {
            lock.close();
        }
    }
}
