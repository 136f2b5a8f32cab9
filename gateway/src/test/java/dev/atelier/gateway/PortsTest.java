package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.testplugin.TestPlugin;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole gateway with two ports and with keys, as its settings ask for. */
class PortsTest {
    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
    }

    private int status(int port, String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.discarding()).statusCode();
    }

    @Test
    void keepsMetricsOnThePortForWhoRunsTheServer() throws Exception {
        ApiKey.Fresh ann = ApiKey.create("ann", false);
        ApiKey.Fresh root = ApiKey.create("root", true);
        String lines = ann.known().line() + "\n" + root.known().line();
        Path keys = Files.writeString(folder.resolve("keys"), lines);
        Map<Setting, String> settings = Map.of(Setting.ADMIN_PORT, "0", Setting.API_KEYS_FILE, keys.toString());
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            int clients = gateway.client().port();
            int operators = gateway.adminPort();

            assertEquals(404, status(clients, "/metrics", "X-API-Key", ann.text()));
            assertEquals(200, status(operators, "/metrics"));
            assertEquals(200, status(clients, "/health"));
            assertEquals(200, status(operators, "/health"));
            assertEquals(401, status(clients, "/v1/models"));
            assertEquals(200, status(clients, "/v1/models", "Authorization", "Bearer " + ann.text()));
            assertEquals(404, status(operators, "/v1/models", "Authorization", "Bearer " + ann.text()));
            assertEquals(200, status(clients, "/v1/plugins", "X-API-Key", ann.text()));
            assertEquals(401, status(operators, "/v1/plugins"));
            assertEquals(403, status(operators, "/v1/plugins", "X-API-Key", ann.text()));
            assertEquals(200, status(operators, "/v1/plugins", "X-API-Key", root.text()));
        }
    }

    @Test
    void doesNotStartWithKeysThatItCannotReadOrAPortThatIsTaken() throws IOException {
        Path keys = Files.writeString(folder.resolve("keys"), "ann");
        IllegalStateException malformed = assertThrows(
                IllegalStateException.class,
                () -> RunningGateway.start(folder, Map.of(Setting.API_KEYS_FILE, keys.toString())));
        assertTrue(malformed.getMessage().contains("line 1"), malformed.getMessage());

        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<Setting, String> settings = Map.of(Setting.ADMIN_PORT, Integer.toString(taken.getLocalPort()));
            ConfigException refused = assertThrows(ConfigException.class, () -> RunningGateway.start(folder, settings));
            assertTrue(refused.getMessage().contains("--admin-port"), refused.getMessage());
        }
    }
}
