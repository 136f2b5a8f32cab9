package dev.atelier.bench.service;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A gateway as its users start it, with the launcher, on a free port of this machine. */
final class GatewayProcess implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile(" at (http://localhost:\\d+);");
    private static final long END_SECONDS = 90;

    private final Process process;
    private final String url;

    private GatewayProcess(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    /**
     * Starts a gateway with the demo and the instant model.
     *
     * @param folder where its files are
     * @param plugins the plugins besides the built ones
     * @param options further options of {@code serve}
     */
    static GatewayProcess start(Path folder, Path plugins, List<String> options) throws IOException {
        Path home = Path.of(System.getProperty("atelier.home"));
        Files.createDirectories(folder);
        List<String> command = new ArrayList<>(List.of(home.resolve("atelier").toString(), "serve", "--demo"));
        Collections.addAll(command, "--host", "127.0.0.1", "--port", "0", "--device", "cpu");
        Collections.addAll(command, "--data-dir", folder.resolve("data").toString());
        Collections.addAll(command, "--plugins-dir", plugins.toString());
        Collections.addAll(command, "--output-base-path", folder.resolve("out").toString());
        Collections.addAll(command, "--allow-no-lora", "true", "--queue-capacity", "1000000", "--drain-timeout", "0");
        command.addAll(options);
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(folder.resolve("log").toFile())
                .start();
        return new GatewayProcess(process, address(process, folder));
    }

    private static String address(Process process, Path folder) throws IOException {
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            Matcher address = ADDRESS.matcher(line);
            if (address.find()) {
                return address.group(1);
            }
        }
        throw new IOException("the gateway did not start; see " + folder.resolve("log"));
    }

    /** Returns where it is. */
    String url() {
        return url;
    }

    /** Returns the processor time that it has taken. */
    Duration processorTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
