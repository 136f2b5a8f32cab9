package dev.atelier.gateway;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Prometheus that scrapes one gateway every second, with the settings and rules of {@code deploy/}. */
final class PrometheusServer implements AutoCloseable {
    static final Path PROGRAMS =
            Path.of("..", "target", "prometheus", "usr", "bin").toAbsolutePath().normalize();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final String address;

    private PrometheusServer(Process process, int port) {
        this.process = process;
        this.address = "http://127.0.0.1:" + port;
    }

    /** Starts it with its files in a folder, and waits until it answers. */
    static PrometheusServer start(Path folder, int gatewayPort) throws IOException {
        Files.createDirectories(folder);
        int port = freePort();
        Path settings = Files.writeString(folder.resolve("prometheus.yml"), settings(gatewayPort));
        Process process = new ProcessBuilder(
                        PROGRAMS.resolve("prometheus").toString(),
                        "--config.file=" + settings,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        PrometheusServer server = new PrometheusServer(process, port);
        Await.until("Prometheus", () -> {
            if (!process.isAlive()) {
                throw new AssertionError(read(folder.resolve("log")));
            }
            return server.isReady();
        });
        return server;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // JSON is YAML too.
    private static String settings(int gatewayPort) throws IOException {
        JsonObject settings = new JsonObject(jsonOf(DeployedQueries.yaml(DeployedQueries.SCRAPING)));
        settings.getJsonObject("global").put("scrape_interval", "1s").put("evaluation_interval", "1s");
        settings.put("rule_files", new JsonArray().add(DeployedQueries.RULES.toString()));
        JsonObject job = settings.getJsonArray("scrape_configs").getJsonObject(0);
        JsonArray targets = new JsonArray().add("127.0.0.1:" + gatewayPort);
        job.put("static_configs", new JsonArray().add(new JsonObject().put("targets", targets)));
        return settings.encode();
    }

    private static String jsonOf(Map<?, ?> yaml) {
        return io.vertx.core.json.Json.encode(yaml);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private String get(String path) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + path)).build();
        try {
            return http.send(request, BodyHandlers.ofString()).body();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isReady() {
        try {
            return get("/-/ready").contains("is Ready");
        } catch (IOException e) {
            return false; // it does not listen yet
        }
    }

    /** Returns whether a query gives at least one number. */
    boolean hasData(String query) {
        try {
            JsonObject answer =
                    new JsonObject(get("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)));
            if (!answer.getString("status").equals("success")) {
                throw new AssertionError(query + ": " + answer.encode());
            }
            for (Object sample : answer.getJsonObject("data").getJsonArray("result")) {
                String value = ((JsonObject) sample).getJsonArray("value").getString(1);
                if (Double.isFinite(Double.parseDouble(value.replace("Inf", "Infinity")))) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the alerts whose expressions could not be evaluated, after all were. */
    List<String> rulesThatCannotBeEvaluated() throws IOException {
        List<String> broken = new ArrayList<>();
        JsonObject data = new JsonObject(get("/api/v1/rules")).getJsonObject("data");
        for (Object group : data.getJsonArray("groups")) {
            for (Object rule : ((JsonObject) group).getJsonArray("rules")) {
                JsonObject alert = (JsonObject) rule;
                if (!alert.getString("health").equals("ok")) {
                    broken.add(alert.encode());
                }
            }
        }
        return broken;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
