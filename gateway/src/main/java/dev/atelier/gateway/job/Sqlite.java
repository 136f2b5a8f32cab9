package dev.atelier.gateway.job;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The SQLite file of a data folder, readable by its owner alone: it holds prompts and adapter URLs. Write-ahead log and
 * full synchronous: what a transaction has committed survives the loss of power.
 */
final class Sqlite {
    /** Enough for one writer and those who look. */
    static final int CONNECTIONS = 4;

    private static final List<String> LOGS = List.of("-wal", "-shm", "-journal");
    private static final int BUSY_TIMEOUT_MILLIS = 10_000;

    private Sqlite() {}

    /** Opens the database of a folder; what goes wrong names the folder, because an operator chose it. */
    static Database open(Path folder, BiFunction<HikariDataSource, DataFolderLock, Database> prepare)
            throws IOException {
        try {
            PrivateFiles.createFolders(folder, PrivateFiles.Access.OWNER);
            DataFolderLock lock = DataFolderLock.acquire(folder);
            try {
                return open(folder, lock, prepare);
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (FileSystemException | RuntimeException e) {
            throw new IOException("data folder " + folder + " cannot be used: " + e, e);
        }
    }

    private static Database open(
            Path folder, DataFolderLock lock, BiFunction<HikariDataSource, DataFolderLock, Database> prepare)
            throws IOException {
        Path file = folder.resolve("atelier.db");
        restrict(file);
        HikariDataSource pool = pool(file);
        try {
            return prepare.apply(pool, lock);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    // SQLite gives its log files the mode of the database file, so that one is enough; it would follow a planted link.
    private static void restrict(Path file) throws IOException {
        for (String suffix : LOGS) {
            PrivateFiles.requireNoLink(file.resolveSibling(file.getFileName() + suffix));
        }
        PrivateFiles.openOrCreate(file).close();
        PrivateFiles.restrict(file, PrivateFiles.Access.OWNER);
    }

    private static HikariDataSource pool(Path file) {
        SQLiteConfig sqlite = new SQLiteConfig();
        sqlite.setJournalMode(SQLiteConfig.JournalMode.WAL);
        sqlite.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        sqlite.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        sqlite.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
        sqlite.enforceForeignKeys(true);
        sqlite.setTempStore(SQLiteConfig.TempStore.MEMORY); // the folder for temporary files may be read-only
        SQLiteDataSource source = new SQLiteDataSource(sqlite);
        source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setPoolName("atelier-store");
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        return new HikariDataSource(config);
    }
}
