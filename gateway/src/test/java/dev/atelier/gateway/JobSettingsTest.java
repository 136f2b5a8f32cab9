package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.gateway.SettingSources.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How jobs are kept, as settings. */
class JobSettingsTest {
    private static GatewayConfig config(Map<String, String> environment) {
        Machine machine = new Machine(Path.of("/home/me"), Optional.empty(), Optional.empty(), Optional.empty());
        return GatewayConfig.of(new SettingSources(Map.of(), environment, Map.of(), machine).resolve(), machine);
    }

    @Test
    void readsWhereJobsAreWithoutShowingIt(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("url"), "postgres://me:se%20cret@db:5433/jobs?sslmode=require\n");

        GatewayConfig.Jobs jobs = config(Map.of("DATABASE_URL_FILE", file.toString(), "ROLE", "Worker"))
                .jobs();

        assertEquals(
                Optional.of("postgres://me:se%20cret@db:5433/jobs?sslmode=require"),
                jobs.store().databaseUrl());
        assertEquals(GatewayConfig.Role.WORKER, jobs.role());
        assertFalse(jobs.toString().contains("cret"), jobs.toString());
        ConfigException failure =
                assertThrows(ConfigException.class, () -> config(Map.of("DATABASE_URL", "mysql://me:secret@db/jobs")));
        assertFalse(failure.getMessage().contains("secret"), failure.getMessage());
    }
}
