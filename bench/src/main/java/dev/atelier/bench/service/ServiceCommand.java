package dev.atelier.bench.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.bench.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures gateways that it starts itself, and prints one line of JSON for each figure. */
@Command(
        name = "service",
        description = "Prints how quickly a gateway answers, idle and while it draws, and how many jobs it moves.",
        mixinStandardHelpOptions = true)
public final class ServiceCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LARGE_SIDE = 1024;
    private static final int MANY_STEPS = 150;
    private static final int LARGE_PICTURES = 20;

    @Option(names = "--database", description = "PostgreSQL, as postgresql://USER:PASSWORD@HOST/NAME; default SQLite")
    private @Nullable String database;

    @Option(names = "--seconds", description = "How long each figure is measured; default ${DEFAULT-VALUE}")
    private int seconds = 20;

    @Option(names = "--rate", description = "Requests a second at a fixed rate; default ${DEFAULT-VALUE}")
    private int rate = 50;

    @Option(names = "--connections", description = "Connections where no rate is fixed; default ${DEFAULT-VALUE}")
    private int connections = 8;

    @Option(names = "--jobs", description = "Jobs that go through the queue; default ${DEFAULT-VALUE}")
    private int jobs = 500;

    @Option(names = "--gateways", split = ",", description = "Numbers of gateways to move jobs with; default 1")
    private List<Integer> gateways = List.of(1);

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory("atelier-bench-");
        try {
            measure(folder);
        } finally {
            TemporaryFolder.delete(folder);
        }
        return 0;
    }

    private void measure(Path folder) throws IOException {
        InstantPlugin.writeTo(folder.resolve("plugins"));
        copyDemoPlugin(folder);
        try (GatewayProcess gateway = start(folder, "answers")) {
            Client client = new Client(gateway.url());
            answers(client, "idle");
            List<String> large = drawForLong(client);
            answers(client, "drawing");
            large.forEach(client::cancel); // a shared database would keep them for the next
        }
        for (int count : gateways) {
            move(folder, count);
        }
    }

    private static void copyDemoPlugin(Path folder) throws IOException {
        Path built = Path.of(System.getProperty("atelier.home"), "plugins", "zimage-turbo", "target");
        try (var zips = Files.newDirectoryStream(built, "*-plugin.zip")) {
            for (Path zip : zips) {
                Files.copy(zip, folder.resolve("plugins").resolve(zip.getFileName()));
            }
        }
    }

    private GatewayProcess start(Path folder, String name) throws IOException {
        List<String> options = database == null ? List.of() : List.of("--database-url", database);
        return GatewayProcess.start(folder.resolve(name), folder.resolve("plugins"), options);
    }

    private void answers(Client client, String worker) throws JsonProcessingException {
        Load load = new Load(client);
        load.prepare();
        load.atRate(rate, Duration.ofSeconds(seconds)); // warms up
        Load.Answers fixed = load.atRate(rate, Duration.ofSeconds(seconds));
        print(worker, "submit", rate, fixed.submit(), seconds);
        print(worker, "status", rate, fixed.status(), seconds);
        for (boolean submits : new boolean[] {false, true}) {
            Latencies free = load.asFastAsItGoes(submits, connections, Duration.ofSeconds(seconds));
            print(worker, submits ? "submit" : "status", 0, free, seconds);
        }
    }

    /** Keeps the device busy for longer than anything is measured, and waits until it is. */
    private static List<String> drawForLong(Client client) {
        String large = Client.submission("zimage_turbo", LARGE_SIDE, MANY_STEPS).replace("}]}", "}],\"priority\":10}");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < LARGE_PICTURES; i++) {
            ids.add(Client.id(client.submit(large).join()));
        }
        while (!Client.field(client.status(ids.get(0)).join(), "status").equals("in_progress")) {
            LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
        }
        return ids;
    }

    private void move(Path folder, int count) throws IOException {
        List<GatewayProcess> running = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                running.add(start(folder, "move-" + count + "-" + i));
            }
            List<Client> clients =
                    running.stream().map(gateway -> new Client(gateway.url())).toList();
            through(clients, jobs / 5); // warms up
            double taken = through(clients, jobs);
            Map<String, Object> line = line("jobs_per_second", Math.round(jobs / taken * 10) / 10.0);
            line.put("gateways", count);
            System.out.println(JSON.writeValueAsString(line));
        } finally {
            running.forEach(GatewayProcess::close);
        }
    }

    /** Returns the seconds from the first submission to the end of the last job. */
    private static double through(List<Client> clients, int jobs) {
        String body = Client.submission(InstantModel.ID, 64, 1);
        long start = System.nanoTime();
        List<CompletableFuture<String>> submitted = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            submitted.add(clients.get(i % clients.size()).submit(body).thenApply(Client::id));
            if (i % 16 == 15) {
                submitted.get(i).join();
            }
        }
        for (CompletableFuture<String> job : submitted) {
            while (Client.field(clients.get(0).status(job.join()).join(), "status")
                    .startsWith("in_")) {
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private Map<String, Object> line(String figure, Object value) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("database", database == null ? "sqlite" : "postgresql");
        line.put(figure, value);
        return line;
    }

    private void print(String worker, String operation, int perSecond, Latencies latencies, int time)
            throws JsonProcessingException {
        Map<String, Object> line = line("operation", operation);
        line.put("worker", worker);
        line.put("asked_per_second", perSecond == 0 ? "as fast as it goes" : perSecond);
        line.put("answers_per_second", Math.round(latencies.count() * 10.0 / time) / 10.0);
        line.put("p50_ms", latencies.milliseconds(0.5));
        line.put("p99_ms", latencies.milliseconds(0.99));
        line.put("failures", latencies.failures());
        System.out.println(JSON.writeValueAsString(line));
        System.out.flush();
    }
}
