package dev.atelier.gateway.job;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of an open SQLite database, compared with the files at their paths: jobs that are written into a file that
 * was removed or replaced would vanish with the process. One connection stays open from the start to the end, so that
 * the log files live as long. Safe from any thread.
 */
final class SqliteFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteFile.class);
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final List<String> LOGS = List.of("-wal", "-shm", "-journal");
    private static final Object NONE = new Object();

    private final Path file;
    private final DataFolderLock lock;
    private final StoreStatus status;
    /** Device and inode of each open file, the database's first; {@code NONE} where the system has no such thing. */
    private final Map<Path, Object> open = new LinkedHashMap<>();

    private @Nullable Connection anchor;
    private @Nullable StoreProblem problem;
    private long checkedAt;

    /** Creates it; it takes over the lock of its folder. */
    SqliteFile(Path file, DataFolderLock lock, StoreStatus status) {
        this.file = file;
        this.lock = lock;
        this.status = status;
    }

    /**
     * Creates the file where it does not exist, and opens the connection that stays: the log files exist from now on
     * until it is closed.
     */
    synchronized void open(DataSource source) throws SQLException, IOException {
        restrict(file);
        open.put(file, key(file));
        Connection connection = source.getConnection();
        anchor = connection;
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery("SELECT count(*) FROM sqlite_master").close();
        }
        for (String log : new String[] {"-wal", "-shm"}) {
            Path path = file.resolveSibling(file.getFileName() + log);
            open.put(path, key(path));
        }
    }

    private static Object key(Path path) throws IOException {
        return Objects.requireNonNullElse(
                Files.readAttributes(path, BasicFileAttributes.class).fileKey(), NONE);
    }

    /** Fails unless the files at the paths are the open ones. */
    synchronized void requireInPlace() throws SQLException {
        Optional<StoreProblem> found = check();
        if (found.isPresent()) {
            throw new MovedException(found.get());
        }
    }

    /** Checks the files unless that was done within the last second, and restores their permissions. */
    synchronized void checkNowAndThen() {
        if (System.nanoTime() - checkedAt > CHECK_NANOS && check().isEmpty()) {
            open.keySet().forEach(SqliteFile::keepToOwner);
        }
    }

    private Optional<StoreProblem> check() {
        checkedAt = System.nanoTime();
        @Nullable StoreProblem found = difference();
        if (found != problem) {
            if (problem == null) {
                saveLog();
            } else {
                status.passed(problem);
            }
            problem = found;
        }
        if (found != null) {
            status.failed(found);
        }
        return Optional.ofNullable(found);
    }

    private @Nullable StoreProblem difference() {
        for (Path path : open.keySet()) {
            boolean main = path.equals(file);
            try {
                if (!key(path).equals(open.get(path))) {
                    return main ? StoreProblem.FILE_REPLACED : StoreProblem.LOG_FILE_MOVED;
                }
            } catch (IOException e) {
                return main ? StoreProblem.FILE_MISSING : StoreProblem.LOG_FILE_MOVED;
            }
        }
        return null;
    }

    // What only the log holds goes into the open file, wherever that is now: a renamed file is complete by itself, and
    // the log that stays behind holds nothing that SQLite would apply to another file at the next start.
    private void saveLog() {
        if (anchor == null) {
            return;
        }
        try (Statement statement = anchor.createStatement()) {
            statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)").close();
        } catch (SQLException e) {
            LOG.warn("the log of the database could not be written into its file file={}", file, e);
        }
    }

    // SQLite gives its log files the mode of the database file, so that one is enough; it would follow a planted link.
    private static void restrict(Path file) throws IOException {
        for (String suffix : LOGS) {
            PrivateFiles.requireNoLink(file.resolveSibling(file.getFileName() + suffix));
        }
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            LOG.info("database created file={}", file);
        }
        PrivateFiles.openOrCreate(file).close();
        PrivateFiles.restrict(file, PrivateFiles.Access.OWNER);
    }

    private static void keepToOwner(Path path) {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        try {
            if (view != null && !view.readAttributes().permissions().equals(OWNER_ONLY)) {
                view.setPermissions(OWNER_ONLY);
                LOG.warn("permissions of the database restored file={} mode=0600", path);
            }
        } catch (IOException e) {
            LOG.warn("permissions of the database cannot be restored file={} cause={}", path, e.toString());
        }
    }

    /** The file at a path is not the open one. */
    static final class MovedException extends SQLException {
        private static final long serialVersionUID = 1;

        private final StoreProblem problem;

        MovedException(StoreProblem problem) {
            super(problem.text());
            this.problem = problem;
        }

        StoreProblem problem() {
            return problem;
        }
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            if (anchor != null) {
                anchor.close();
            }
        } catch (SQLException e) {
            LOG.warn("the database did not close well file={}", file, e);
        } finally {
            lock.close();
        }
    }
}
