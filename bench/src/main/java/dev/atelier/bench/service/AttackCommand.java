package dev.atelier.bench.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.bench.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures how long a client waits for its answers while others send a gateway what costs it most. */
@Command(
        name = "attack",
        description = "Prints how long /health and a status take while other clients send hostile requests.",
        mixinStandardHelpOptions = true)
public final class AttackCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int STATUSES = 3000;

    @Option(names = "--seconds", description = "How long each attack lasts; default ${DEFAULT-VALUE}")
    private int seconds = 20;

    @Option(
            names = "--warm-up",
            description = "Seconds that each attack goes on before it is measured; default ${DEFAULT-VALUE}")
    private int warmUp = 10;

    @Option(names = "--attackers", description = "Clients that attack at once; default ${DEFAULT-VALUE}")
    private int attackers = 20;

    @Option(names = "--rate", description = "Requests a second of the other client; default ${DEFAULT-VALUE}")
    private int rate = 50;

    @Option(
            names = "--attacks",
            split = ",",
            description = "Which attacks, one after the other: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private List<Attack> attacks = List.of(Attack.NONE, Attack.TEXT, Attack.PROMPTS, Attack.BODIES, Attack.INSPECT);

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory("atelier-bench-");
        InstantPlugin.writeTo(folder.resolve("plugins"));
        List<String> options = List.of("--lora-allow-http", "true", "--lora-allow-private", "true");
        try (GatewayProcess gateway =
                GatewayProcess.start(folder.resolve("gateway"), folder.resolve("plugins"), options)) {
            Client client = new Client(gateway.url());
            String id = Client.id(
                    client.submit(Client.submission(InstantModel.ID, 64, 1)).join());
            observe(client, id, Duration.ofSeconds(seconds)); // warms up
            print(cost(gateway, client, id));
            for (Attack attack : attacks) {
                measure(attack, gateway, client, id);
            }
        } finally {
            TemporaryFolder.delete(folder);
        }
        return 0;
    }

    /** Returns what the processor time of one status is. */
    private static Map<String, Object> cost(GatewayProcess gateway, Client client, String id) {
        for (int i = 0; i < STATUSES; i++) {
            client.status(id).join();
        }
        Duration before = gateway.processorTime();
        for (int i = 0; i < STATUSES; i++) {
            client.status(id).join();
        }
        double microseconds = gateway.processorTime().minus(before).toNanos() / 1e3 / STATUSES;
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("processor_microseconds_per_status", Math.round(microseconds));
        return line;
    }

    private void measure(Attack attack, GatewayProcess gateway, Client client, String id) throws IOException {
        try (Attack.Running running = attack.start(gateway.url(), attackers)) {
            observe(client, id, Duration.ofSeconds(warmUp));
            Answers answers = observe(client, id, Duration.ofSeconds(seconds));
            print(line(attack, "health", answers.health(), running));
            print(line(attack, "status", answers.status(), running));
        }
    }

    private record Answers(Latencies health, Latencies status) {}

    /** Asks in turns for health and a status, at a fixed rate; a time counts from when the question was due. */
    private Answers observe(Client client, String id, Duration time) {
        Answers answers = new Answers(new Latencies(), new Latencies());
        long start = System.nanoTime();
        long count = rate * time.toSeconds();
        CompletableFuture<?>[] asked = new CompletableFuture<?>[(int) count];
        for (int i = 0; i < count; i++) {
            long due = start + i * 1_000_000_000L / rate;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            Latencies latencies = i % 2 == 0 ? answers.health() : answers.status();
            asked[i] = (i % 2 == 0 ? client.health() : client.status(id)).handle((answer, failure) -> {
                latencies.add(System.nanoTime() - due, failure == null && answer.statusCode() == 200);
                return null;
            });
        }
        CompletableFuture.allOf(asked).join();
        return answers;
    }

    private Map<String, Object> line(Attack attack, String operation, Latencies latencies, Attack.Running running) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("attack", attack.name());
        line.put("attackers", attack == Attack.NONE ? 0 : attackers);
        line.put("attackers_were_answered", running.answers());
        line.put("operation", operation);
        line.put("answers", latencies.count());
        line.put("p50_ms", latencies.milliseconds(0.5));
        line.put("p99_ms", latencies.milliseconds(0.99));
        line.put("max_ms", latencies.milliseconds(1));
        line.put("failures", latencies.failures());
        return line;
    }

    private static void print(Map<String, Object> line) throws JsonProcessingException {
        System.out.println(JSON.writeValueAsString(line));
        System.out.flush();
    }
}
