package dev.atelier.gateway.job;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Brings a schema up to date: {@code 1.sql}, {@code 2.sql} and so on of a database's folder among the resources, each
 * in one transaction with its number in {@code schema_version}. A published file never changes; a newer schema than the
 * newest file is left alone, because migrations only add.
 */
final class Migrations {
    private Migrations() {}

    static void apply(Jdbi jdbi, String database) {
        jdbi.useTransaction(Migrations::createVersionTable);
        int version = jdbi.withHandle(Migrations::version);
        for (String script = read(database, version + 1); script != null; script = read(database, version + 1)) {
            version++;
            int reached = version;
            String statements = script;
            jdbi.useTransaction(handle -> {
                handle.createScript(statements).execute();
                handle.execute("INSERT INTO schema_version (version) VALUES (?)", reached);
            });
        }
    }

    private static void createVersionTable(Handle handle) {
        handle.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)");
    }

    private static int version(Handle handle) {
        return handle.createQuery("SELECT coalesce(max(version), 0) FROM schema_version")
                .mapTo(Integer.class)
                .one();
    }

    private static @Nullable String read(String database, int version) {
        try (InputStream in = Migrations.class.getResourceAsStream(database + "/" + version + ".sql")) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("migration " + version + " is not readable", e);
        }
    }
}
