package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs the server as a process of its own, with one model, and ends it when it has started. */
final class ServeProcess {
    private static final Pattern ADDRESS = Pattern.compile("serves .* at http://localhost:(\\d+)");

    private final Path folder;

    /** Prepares a folder for the process: with a plugin, a working folder and a home folder. */
    ServeProcess(Path folder) throws IOException {
        this.folder = folder;
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        Files.createDirectory(folder.resolve("work"));
        Files.createDirectory(folder.resolve("home"));
    }

    /** How a process ended, and all lines that it printed. */
    record Ended(int code, List<String> out, List<String> err) {
        String only() {
            assertEquals(1, out.size() + err.size(), this::toString);
            return out.isEmpty() ? err.get(0) : out.get(0);
        }

        void requireNoErrors() {
            assertTrue(
                    err.stream().noneMatch(line -> line.contains("ERROR") || line.contains("Exception")),
                    this::toString);
        }
    }

    /** What is done while the server runs. */
    interface Use {
        void on(String address) throws Exception;
    }

    Ended serve(List<String> prefix, Map<String, String> environment, List<String> options, Use use) throws Exception {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx400m",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Djava.awt.headless=true",
                "-Dlogback.configurationFile=logback.xml", // the server's, not the tests'
                "-cp",
                classPath()));
        options.stream().filter(option -> option.startsWith("-D")).forEach(command::add);
        command.addAll(List.of("dev.atelier.gateway.Main", "serve", "--host", "127.0.0.1", "--device", "cpu"));
        command.addAll(List.of("--plugins-dir", folder.resolve("plugins").toString()));
        options.stream().filter(option -> !option.startsWith("-D")).forEach(command::add);
        Path out = folder.resolve("out.log");
        Path err = folder.resolve("err.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.resolve("work").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            String address = awaitAddress(process, out);
            if (!address.isEmpty()) {
                use.on(address);
                process.destroy();
            }
            assertTrue(process.waitFor(90, TimeUnit.SECONDS), "it does not end");
        } finally {
            process.destroyForcibly();
        }
        return new Ended(process.exitValue(), Files.readAllLines(out), Files.readAllLines(err));
    }

    Ended serve(Map<String, String> environment, String... options) throws Exception {
        return serve(List.of(), environment, List.of(options), address -> {});
    }

    private static String awaitAddress(Process process, Path out) throws IOException {
        while (true) {
            boolean ended = !process.isAlive();
            Matcher found = ADDRESS.matcher(Files.readString(out));
            if (found.find() || ended) {
                return ended ? "" : "http://127.0.0.1:" + found.group(1);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static String classPath() {
        String parts = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return String.join(
                File.pathSeparator,
                Arrays.stream(parts.split(File.pathSeparator, -1))
                        .map(part -> Path.of(part).toAbsolutePath().toString())
                        .toList());
    }

    static void draw(String address) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/v1/inference"))
                .header("Content-Type", "application/json")
                .header("Prefer", "wait=60")
                .POST(
                        HttpRequest.BodyPublishers.ofString(
                                "{\"model\":\"zimage_turbo\",\"prompts\":[{\"prompt\":\"a\",\"width\":64,\"height\":64}],\"loras\":[]}"))
                .build();
        String body = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
        assertEquals("succeeded", new JsonObject(body).getString("status"), body);
    }
}
