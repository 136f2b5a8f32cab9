package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.SettingSources.Machine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where folders are that nobody named. */
class FolderSettingsTest {
    private static final Machine MACHINE = new Machine(
            Optional.of(Path.of("/home/me")), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    private static GatewayConfig config(Map<Setting, List<String>> options, Map<String, String> environment) {
        return GatewayConfig.of(new SettingSources(options, environment, Map.of(), MACHINE).resolve(), MACHINE);
    }

    @Test
    void keepsFoldersInTheDataFolderUnlessTheyAreGiven() {
        Map<String, String> environment = Map.of("DATA_DIR", "/data", "OUTPUT_BASE_PATH", "/images");

        GatewayConfig config = config(Map.of(), environment);

        assertEquals(
                new GatewayConfig.Folders(
                        Path.of("/data/loras"),
                        Path.of("/images"),
                        Path.of("/data"),
                        Path.of("/home/me/.cache/atelier/natives")),
                config.folders());
        assertEquals(
                Path.of("/data/lora-cache"), config.loras().remote().cache().folder());
    }

    @Test
    void needsNoHomeFolderWhereTheDataFolderIsGiven() {
        Map<String, String> environment = Map.of("DATA_DIR", "/data");
        SettingSources given = new SettingSources(Map.of(), environment, Map.of(), Machine.UNKNOWN);
        SettingSources nothing = new SettingSources(Map.of(), Map.of(), Map.of(), Machine.UNKNOWN);

        GatewayConfig config = GatewayConfig.of(given.resolve(), Machine.UNKNOWN);
        ConfigException failure = assertThrows(ConfigException.class, nothing::resolve);

        assertEquals(Path.of("/data/natives"), config.folders().natives());
        assertEquals(List.of(), config.models().hubCaches());
        assertTrue(failure.getMessage().contains("set DATA_DIR"), failure.getMessage());
        assertTrue(failure.getMessage().contains("HOME"), failure.getMessage());
    }

    @Test
    void takesHomeWhereTheSystemKnowsNoHomeFolder(@TempDir Path folder) {
        String home = folder.toString();
        Path absent = folder.resolve("absent");

        for (String unknown : List.of("?", "", "/", "relative", absent.toString())) {
            assertEquals(Optional.of(folder), Machine.userHome(unknown, home), unknown);
        }
        assertEquals(Optional.of(folder), Machine.userHome(home, absent.toString()));
        assertEquals(Optional.of(absent), Machine.userHome(absent.toString(), null));
        for (String none : List.of("?", "", "/", "relative")) {
            assertEquals(Optional.empty(), Machine.userHome(none, none));
        }
    }
}
