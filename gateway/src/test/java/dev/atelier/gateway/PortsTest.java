package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.testplugin.TestPlugin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    private static String raw(int port, String request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String get(int port, String path, String host) {
        return raw(port, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    @Test
    void answersNoReboundPageOnAnyPort() {
        Map<Setting, String> settings = Map.of(
                Setting.ADMIN_PORT, "0", Setting.ALLOWED_HOSTS, "images.example.org, *.svc", Setting.HOST, "0.0.0.0");
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            int clients = gateway.client().port();
            int operators = gateway.adminPort();
            for (String refused : List.of(
                    get(clients, "/v1/models", "attacker.example"),
                    get(operators, "/metrics", "attacker.example:" + operators),
                    get(operators, "/v1/plugins", "attacker.example"),
                    raw(
                            clients,
                            "POST /v1/inference HTTP/1.1\r\nHost: attacker.example\r\nContent-Length: 2\r\n"
                                    + "Connection: close\r\n\r\n{}"),
                    raw(
                            operators,
                            "POST /v1/plugins/zimage_turbo/disable HTTP/1.1\r\nHost: attacker.example\r\n"
                                    + "Connection: close\r\n\r\n"))) {
                assertTrue(refused.startsWith("HTTP/1.1 403 "), refused);
                assertTrue(refused.contains("HOST_NOT_ALLOWED") && refused.contains("ALLOWED_HOSTS"), refused);
            }
            for (int port : List.of(clients, operators)) {
                String path = port == clients ? "/v1/models" : "/metrics";
                for (String host : List.of("localhost", "127.0.0.1:80", "[::1]", "images.example.org", "a.b.svc")) {
                    assertTrue(get(port, path, host).startsWith("HTTP/1.1 200 "), host);
                }
                assertTrue(get(port, "/health", "attacker.example").startsWith("HTTP/1.1 200 "));
                assertTrue(raw(port, "GET /health HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 400 "));
                assertTrue(raw(port, "GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")
                        .startsWith("HTTP/1.1 400 "));
            }
        }
    }

    @Test
    void followsItsSettingsForLinksAndProxies() {
        Map<Setting, String> settings =
                Map.of(Setting.BASE_URL, "https://images.example.org/a/", Setting.TRUSTED_PROXIES, "127.0.0.0/8,::1");
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            int port = gateway.client().port();
            assertTrue(get(port, "/v1/models/", "images.example.org").contains("location: /a/v1/models\r\n"));
            String forwarded = raw(
                    port,
                    "GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: attacker.example\r\n"
                            + "Connection: close\r\n\r\n");
            assertTrue(forwarded.startsWith("HTTP/1.1 403 "), forwarded);
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
