package dev.atelier.gateway.job;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteOpenMode;

/**
 * The SQLite file of a data folder, readable by its owner alone: it holds prompts and adapter URLs. Write-ahead log and
 * full synchronous: what a transaction has committed survives the loss of power.
 */
final class Sqlite {
    /** Enough for one writer and a few readers. */
    static final int CONNECTIONS = 4;

    private static final int BUSY_TIMEOUT_MILLIS = 10_000;

    private Sqlite() {}

    /** Makes a database of its connections. */
    interface Preparation {
        Database prepare(HikariDataSource pool, SqliteFile file, StoreStatus status);
    }

    /** Opens the database of a folder; the failure names the folder, because an operator chose it, and the cause. */
    static Database open(Path folder, Preparation preparation) throws IOException {
        try {
            PrivateFiles.createFolders(folder, PrivateFiles.Access.OWNER);
            Path path = folder.toAbsolutePath().resolve("atelier.db");
            StoreStatus status = new StoreStatus(path.toString());
            DataFolderLock lock = DataFolderLock.acquire(folder);
            return open(path, new SqliteFile(path, lock, status), status, preparation);
        } catch (FileSystemException | SQLException | RuntimeException e) {
            String cause = StoreProblem.of(e).map(StoreProblem::text).orElseGet(() -> reason(e));
            throw new IOException("data folder " + folder + " cannot be used: " + cause, e);
        }
    }

    private static Database open(Path path, SqliteFile file, StoreStatus status, Preparation preparation)
            throws IOException, SQLException {
        @Nullable HikariDataSource pool = null;
        try {
            InPlaceSource source = new InPlaceSource(path, file);
            file.open(source);
            pool = pool(source);
            return preparation.prepare(pool, file, status);
        } catch (IOException | SQLException | RuntimeException e) {
            if (pool != null) {
                pool.close();
            }
            file.close();
            throw e;
        }
    }

    private static String reason(Exception failure) {
        return failure instanceof FileSystemException || failure.getMessage() == null
                ? failure.toString()
                : failure.getMessage();
    }

    private static HikariDataSource pool(InPlaceSource source) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setPoolName("atelier-store");
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        config.setMaxLifetime(0); // a file needs no new connections
        return new HikariDataSource(config);
    }

    private static SQLiteConfig config() {
        SQLiteConfig sqlite = new SQLiteConfig();
        sqlite.resetOpenMode(SQLiteOpenMode.CREATE);
        sqlite.setJournalMode(SQLiteConfig.JournalMode.WAL);
        sqlite.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        sqlite.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        sqlite.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
        sqlite.enforceForeignKeys(true);
        sqlite.setTempStore(SQLiteConfig.TempStore.MEMORY); // the folder for temporary files may be read-only
        return sqlite;
    }

    /** Opens the file that was there at the start, and no other at its path; creates none. */
    private static final class InPlaceSource extends SQLiteDataSource {
        private final SqliteFile file;

        InPlaceSource(Path path, SqliteFile file) {
            super(config());
            this.file = file;
            setUrl("jdbc:sqlite:" + path);
        }

        @Override
        public SQLiteConnection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
            file.requireInPlace();
            SQLiteConnection opened = super.getConnection(user, password);
            try {
                file.requireInPlace(); // it may have been replaced between the check and the opening
                return opened;
            } catch (SQLException e) {
                opened.close();
                throw e;
            }
        }
    }
}
