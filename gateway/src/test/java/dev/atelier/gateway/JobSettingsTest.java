package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.job.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How jobs are kept, as settings. */
class JobSettingsTest {
    private static GatewayConfig config(Map<String, String> environment) {
        Machine machine = new Machine(
                Optional.of(Path.of("/home/me")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        return GatewayConfig.of(new SettingSources(Map.of(), environment, Map.of(), machine).resolve(), machine);
    }

    @Test
    void hasTheseDefaults() {
        Path data = Path.of("/home/me/.local/share/atelier");

        assertEquals(
                new GatewayConfig.Jobs(
                        new StoreSettings(data, Optional.empty(), 256, 3, Duration.ofSeconds(30), Duration.ofHours(24)),
                        Role.ALL,
                        268_435_456),
                config(Map.of()).jobs());
    }

    @Test
    void readsWhereJobsAreWithoutShowingIt(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("url"), "postgres://me:se%20cret@db:5433/jobs?sslmode=require\n");

        GatewayConfig.Jobs jobs = config(Map.of("DATABASE_URL_FILE", file.toString(), "ROLE", "Worker"))
                .jobs();

        assertEquals(
                Optional.of("postgres://me:se%20cret@db:5433/jobs?sslmode=require"),
                jobs.store().databaseUrl());
        assertEquals(Role.WORKER, jobs.role());
        assertFalse(jobs.toString().contains("cret"), jobs.toString());
        ConfigException failure =
                assertThrows(ConfigException.class, () -> config(Map.of("DATABASE_URL", "mysql://me:secret@db/jobs")));
        assertFalse(failure.getMessage().contains("secret"), failure.getMessage());
    }

    @Test
    void remembersTheFileOfTheDatabaseUnlessTheUrlIsGivenItself(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("url"), "postgres://me:secret@db/jobs");
        Map<String, String> fromFile = Map.of("DATABASE_URL_FILE", file.toString());
        Map<String, String> given =
                Map.of("DATABASE_URL_FILE", file.toString(), "DATABASE_URL", "postgres://me:secret@other/jobs");

        assertEquals(Optional.of(file), config(fromFile).jobs().store().databaseUrlFile());
        assertEquals(Optional.empty(), config(given).jobs().store().databaseUrlFile());
    }

    @Test
    void doesNotStartOnSqliteBecauseTheFileOfTheDatabaseIsEmpty(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("url"), "\n");

        ConfigException failure =
                assertThrows(ConfigException.class, () -> config(Map.of("DATABASE_URL_FILE", file.toString())));

        assertTrue(failure.getMessage().contains("names an empty file: " + file), failure.getMessage());
    }

    @Test
    void refusesAnAddressWithoutAUsablePort() {
        ConfigException failure = assertThrows(
                ConfigException.class, () -> config(Map.of("DATABASE_URL", "postgres://me:secret@db:many/jobs")));

        assertFalse(failure.getMessage().contains("secret"), failure.getMessage());
    }
}
