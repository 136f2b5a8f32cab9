package dev.atelier.gateway.job;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;

/** A PostgreSQL server that lets only its superuser in, and others by rules that a test adds. */
final class PasswordPostgres implements AutoCloseable {
    private final Path rules;
    private final EmbeddedPostgres server;

    PasswordPostgres(Path folder) throws IOException, SQLException {
        rules = folder.resolve("pg_hba.conf");
        server = EmbeddedPostgres.builder()
                .setDataDirectory(folder)
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "off")
                .start();
        Files.writeString(rules, "host all postgres all trust\n");
    }

    int port() {
        return server.getPort();
    }

    /** Runs a statement as the superuser. */
    void sql(String statement) throws SQLException {
        ReplicatedPostgres.text(server, statement);
    }

    /** Adds a line to pg_hba.conf. */
    void allow(String rule) throws IOException, SQLException {
        Files.writeString(rules, rule + "\n", StandardOpenOption.APPEND);
        sql("SELECT pg_reload_conf()");
    }

    /** Creates a role with a database that asks for its password. */
    void createOwner(String role, String password) throws IOException, SQLException {
        sql("CREATE ROLE " + role + " LOGIN PASSWORD '" + password + "'");
        sql("CREATE DATABASE " + role + "jobs OWNER " + role);
        allow("host " + role + "jobs all all scram-sha-256");
    }

    /** Returns the URL of an owner's database. */
    String url(String owner, String password) {
        return "postgresql://" + owner + ":" + password + "@localhost:" + port() + "/" + owner + "jobs";
    }

    /** Ends the connections of a role. */
    void endConnections(String role) throws SQLException {
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + role + "'");
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
