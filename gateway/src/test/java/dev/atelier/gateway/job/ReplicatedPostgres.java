package dev.atelier.gateway.job;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

/** Two PostgreSQL servers, of which the second follows the first by streaming replication, behind one address. */
public final class ReplicatedPostgres implements AutoCloseable {
    final EmbeddedPostgres first;
    final EmbeddedPostgres second;
    final TcpForwarder address;

    /** Starts both below a folder. */
    public ReplicatedPostgres(Path folder) throws IOException {
        EmbeddedPostgres alone = start(folder.resolve("first"), 0);
        int port = alone.getPort();
        alone.close();
        copy(folder.resolve("first"), folder.resolve("second"));
        Files.createFile(folder.resolve("second/standby.signal"));
        Files.writeString(
                folder.resolve("second/postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 user=postgres port=" + port + "'\n");
        first = start(folder.resolve("first"), port);
        second = start(folder.resolve("second"), 0);
        address = new TcpForwarder(first.getPort());
    }

    private static EmbeddedPostgres start(Path data, int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "off")
                .setPort(port)
                .start();
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(from)) {
            paths = walk.filter(path -> !path.getFileName().toString().equals("epg-lock"))
                    .toList();
        }
        for (Path path : paths) {
            Files.copy(path, to.resolve(from.relativize(path)), StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    /** Returns the URL of the one address. */
    public String url() {
        return url("localhost:" + address.port());
    }

    /** Returns the URL that names both servers. */
    String bothUrl() {
        return url("localhost:" + first.getPort() + ",localhost:" + second.getPort());
    }

    /** Returns the URL of hosts. */
    static String url(String hosts) {
        return "postgresql://postgres:postgres@" + hosts + "/postgres";
    }

    /** Lets the second server be the primary; the first serves its open connections, but for reading alone. */
    public void failOver() throws SQLException, InterruptedException {
        setReadOnly(first);
        awaitReplication(); // what was written until then
        promoteSecond();
        address.switchTo(second.getPort());
    }

    void awaitReplication() throws SQLException, InterruptedException {
        String written = text(first, "SELECT pg_current_wal_lsn()");
        while (!text(second, "SELECT coalesce(pg_last_wal_replay_lsn() >= '" + written + "', false)")
                .equals("t")) {
            Thread.onSpinWait();
        }
    }

    void promoteSecond() throws SQLException {
        text(second, "SELECT pg_promote()");
    }

    static void setReadOnly(EmbeddedPostgres server) throws SQLException {
        text(server, "ALTER SYSTEM SET default_transaction_read_only = on");
        text(server, "SELECT pg_reload_conf()");
        while (!text(server, "SHOW default_transaction_read_only").equals("on")) {
            Thread.onSpinWait();
        }
    }

    /** Runs a statement and returns its first value. */
    static String text(EmbeddedPostgres server, String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.next() ? String.valueOf(row.getString(1)) : "";
            }
        }
    }

    @Override
    public void close() throws IOException {
        address.close();
        second.close();
        first.close();
    }
}
