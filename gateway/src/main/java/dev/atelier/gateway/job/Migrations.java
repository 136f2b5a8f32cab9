package dev.atelier.gateway.job;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Brings a schema up to date: {@code 1.sql}, {@code 2.sql} and so on of a database's folder among the resources, in one
 * transaction, each with its number in {@code schema_version}. A published file never changes; a newer schema than the
 * newest file is left alone, because migrations only add. One gateway at a time does it.
 */
final class Migrations {
    /** Of the advisory lock; any number that others do not use. */
    static final long LOCK = 0x6174656c696572L;

    private Migrations() {}

    static void apply(Jdbi jdbi, Dialect dialect) {
        jdbi.useTransaction(handle -> {
            dialect.takeTime(handle);
            dialect.lock(handle, LOCK);
            handle.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)");
            int version = version(handle);
            for (String script = read(dialect, version + 1); script != null; script = read(dialect, version + 1)) {
                version++;
                handle.createScript(script).execute();
                handle.execute("INSERT INTO schema_version (version) VALUES (?)", version);
            }
        });
    }

    private static int version(Handle handle) {
        return handle.createQuery("SELECT coalesce(max(version), 0) FROM schema_version")
                .mapTo(Integer.class)
                .one();
    }

    private static @Nullable String read(Dialect dialect, int version) {
        try (InputStream in = Migrations.class.getResourceAsStream(dialect.folder() + "/" + version + ".sql")) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("migration " + version + " is not readable", e);
        }
    }
}
