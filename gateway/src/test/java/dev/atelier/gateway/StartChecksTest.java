package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.SettingSources.Value;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StartChecksTest {
    @TempDir
    Path folder;

    private StartChecks.Found run(Map<Setting, String> settings) {
        Machine machine = new Machine(
                Optional.of(folder.resolve("home")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        Map<Setting, List<String>> options = new EnumMap<>(Setting.class);
        options.put(Setting.HOST, List.of("127.0.0.1"));
        options.put(Setting.PORT, List.of("0"));
        settings.forEach((setting, value) -> options.put(setting, List.of(value)));
        Map<Setting, Value> values = new SettingSources(options, Map.of(), Map.of(), machine).resolve();
        return StartChecks.run(GatewayConfig.of(values, machine), values);
    }

    private String refused(Map<Setting, String> settings) {
        String message = String.valueOf(
                assertThrows(ConfigException.class, () -> run(settings)).getMessage());
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private Path data() {
        return folder.resolve("home/.local/share/atelier");
    }

    private static void allow(Path file, String mode) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    @Test
    void createsTheDefaultFoldersForTheUserAlone() throws IOException {
        StartChecks.Found found = run(Map.of());

        assertEquals(List.of(), found.warnings());
        assertEquals(folder.resolve("home/.cache/atelier/natives"), found.natives());
        for (Path made : List.of(
                data(),
                data().resolve("outputs"),
                data().resolve("lora-cache"),
                data().resolve("loras"),
                found.natives())) {
            assertEquals(PosixFilePermissions.fromString("rwx------"), Files.getPosixFilePermissions(made));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OUTPUT_BASE_PATH", "LORA_DOWNLOAD_CACHE_DIR", "NATIVES_DIR", "DATA_DIR"})
    void refusesAConfiguredFolderThatIsNoneOrThatEveryUserMayWrite(Setting setting) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path open = Files.createDirectory(folder.resolve("open"));
        allow(open, "rwxrwxrwx");

        for (Path unusable : List.of(file, open)) {
            String message = refused(Map.of(setting, unusable.toString()));

            assertTrue(message.contains(unusable + " can"), message);
            assertTrue(message.contains("set " + setting), message);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OUTPUT_BASE_PATH", "LORA_DOWNLOAD_CACHE_DIR", "NATIVES_DIR", "DATA_DIR"})
    void acceptsAConfiguredFolderThatAGroupShares(Setting setting) throws IOException {
        Path shared = Files.createDirectory(folder.resolve("shared"));
        allow(shared, "rwxrwxr-x");

        run(Map.of(setting, shared.toString()));
    }

    @Test
    void refusesADefaultFolderThatAGroupMayWrite() throws IOException {
        for (String name : List.of("", "outputs", "lora-cache", "loras")) {
            Path made = Files.createDirectories(data().resolve(name));
            allow(made, "rwxrwxr-x");

            String message = refused(Map.of());

            assertTrue(message.contains("run: chmod go-w " + made + ";"), message);
            assertTrue(message.contains("set DATA_DIR (all folders) or HOME"), message);
            allow(made, "rwx------");
        }
    }

    @Test
    void foldersInAConfiguredDataFolderFollowItsRules() throws IOException {
        Path data = folder.resolve("volume");
        Map<Setting, String> settings = Map.of(Setting.DATA_DIR, data.toString());
        run(settings);
        for (String name : List.of("", "outputs", "lora-cache")) {
            allow(data.resolve(name), "rwxrwx---"); // as an orchestrator does for the group of a volume
        }

        run(settings);
    }

    @Test
    void nativeLibrariesMoveIntoTheDataFolderWhereTheCacheCannotBeUsed() throws IOException {
        Files.createDirectories(folder.resolve("home"));
        Files.createFile(folder.resolve("home/.cache"));

        StartChecks.Found found = run(Map.of());

        assertEquals(data().resolve("natives"), found.natives());
        assertTrue(found.warnings().get(0).contains(".cache/atelier/natives cannot be created"), found::toString);
    }

    @Test
    void warnsOnceOfAMissingFolderOfLoras() {
        Path absent = folder.resolve("absent");

        StartChecks.Found found = run(Map.of(Setting.WORKFLOWS_BASE_PATH, absent.toString()));

        assertEquals(1, found.warnings().size());
        String warning = found.warnings().get(0);
        assertTrue(warning.contains("WORKFLOWS_BASE_PATH") && warning.endsWith("path=" + absent), warning);
        assertFalse(Files.exists(absent));
    }

    @Test
    void refusesABusyPortBeforeItTouchesFolders() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            String message = refused(Map.of(Setting.PORT, port));
            String admin = refused(Map.of(Setting.ADMIN_PORT, port));

            assertEquals(
                    "cannot listen on 127.0.0.1:" + port + " (Address already in use); choose another port with --port",
                    message);
            assertTrue(admin.endsWith("choose another port with --admin-port"), admin);
            assertFalse(Files.exists(folder.resolve("home")));
        }
    }

    @Test
    void refusesOnePortForBothAndAHostThatIsNone() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        String port = Integer.toString(free);

        String both = refused(Map.of(Setting.PORT, port, Setting.ADMIN_PORT, port));
        String nowhere = refused(Map.of(Setting.HOST, "no such host", Setting.PORT, port));

        assertTrue(both.contains("--admin-port"), both);
        assertTrue(nowhere.contains("the name cannot be resolved"), nowhere);
    }
}
