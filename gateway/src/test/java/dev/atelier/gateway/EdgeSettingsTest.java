package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.SettingSources.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings of the gateway's ports and of who may call. */
class EdgeSettingsTest {
    private static final Machine MACHINE = new Machine(
            Optional.of(Path.of("/home/me")), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    private static GatewayConfig config(Map<Setting, List<String>> options, Map<String, String> environment) {
        return GatewayConfig.of(new SettingSources(options, environment, Map.of(), MACHINE).resolve(), MACHINE);
    }

    private static GatewayConfig config(Setting setting, String value) {
        return config(Map.of(setting, List.of(value)), Map.of());
    }

    @Test
    void readsASecretFromItsFileUnlessItIsGiven(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("token"), "hf_mounted\n");
        Map<String, String> environment = Map.of("HF_TOKEN_FILE", file.toString());

        assertEquals(Optional.of("hf_mounted"), config(Map.of(), environment).hfToken());
        assertEquals(
                Optional.of("hf_given"),
                config(Map.of(Setting.HF_TOKEN, List.of("hf_given")), environment)
                        .loras()
                        .remote()
                        .token());
        ConfigException absent = assertThrows(
                ConfigException.class,
                () -> config(Setting.HF_TOKEN_FILE, folder.resolve("absent").toString()));
        assertTrue(absent.getMessage().contains("--hf-token-file"), absent.getMessage());
    }

    @Test
    void readsHostsAndProxies() {
        assertEquals(
                List.of("images.example.org", "*.svc", "::1"),
                config(Setting.ALLOWED_HOSTS, "Images.Example.org., *.SVC ,[::1]")
                        .http()
                        .allowedHosts());
        assertEquals(
                2,
                config(Setting.TRUSTED_PROXIES, "10.0.0.0/8,fd00::1")
                        .http()
                        .proxies()
                        .blocks()
                        .size());
    }

    @ParameterizedTest
    @CsvSource({
        "ALLOWED_HOSTS, a.example:8000, --allowed-hosts must be names or addresses without a port",
        "ALLOWED_HOSTS, https://a.example, --allowed-hosts must be names or addresses without a port",
        "ALLOWED_HOSTS, a*, --allowed-hosts must be names or addresses without a port",
        "TRUSTED_PROXIES, proxy, --trusted-proxies must be addresses or blocks such as 10.0.0.0/8",
        "TRUSTED_PROXIES, 10.0.0.0/33, --trusted-proxies must be addresses or blocks such as 10.0.0.0/8",
        "TRUSTED_PROXIES, 10.0.0.0/x, --trusted-proxies must be addresses or blocks such as 10.0.0.0/8",
        "TRUSTED_PROXIES, *, --trusted-proxies must be addresses or blocks such as 10.0.0.0/8"
    })
    void saysWhichHostOrProxyItCannotRead(Setting setting, String value, String message) {
        ConfigException malformed = assertThrows(ConfigException.class, () -> config(setting, value));
        assertTrue(malformed.getMessage().startsWith(message), malformed.getMessage());
        assertTrue(malformed.getMessage().contains("'" + value + "'"), malformed.getMessage());
    }

    @Test
    void opensASecondPortOnThisMachineAloneUnlessAskedOtherwise() {
        assertEquals(
                Optional.of(new GatewayConfig.AdminPort("127.0.0.1", 9000)),
                config(Setting.ADMIN_PORT, "9000").http().admin());
        assertThrows(ConfigException.class, () -> config(Setting.ADMIN_PORT, "x"));
    }
}
