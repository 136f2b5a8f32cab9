package dev.atelier.gateway;

import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.http.Client;
import dev.atelier.gateway.http.ContractCheck;
import dev.atelier.gateway.tracing.Tracing;
import dev.atelier.gateway.worker.Loss;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/** A whole gateway on a free port of this machine, drawing on the CPU, with its files in one folder. */
public final class RunningGateway implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Foundation foundation;
    private final Vertx vertx;
    private final GatewayVerticle gateway;
    private final Client client;

    private RunningGateway(GatewayConfig config, Foundation foundation, BiConsumer<GatewayVerticle, Loss> onLoss) {
        this.foundation = foundation;
        this.vertx = foundation.vertx();
        gateway = new GatewayVerticle(config, foundation, onLoss);
        try {
            vertx.deployVerticle(gateway).await();
        } catch (Throwable e) {
            close();
            throw e;
        }
        client = new Client(gateway.port(), ContractCheck.create(vertx));
    }

    /** Starts a gateway; settings go over those that keep it in the folder. */
    public static RunningGateway start(Path folder, Map<Setting, String> settings) {
        return start(folder, settings, Tracing.OFF);
    }

    /** Starts a gateway that traces. */
    public static RunningGateway start(Path folder, Map<Setting, String> settings, Tracing tracing) {
        return start(folder, settings, Foundation.lay(tracing));
    }

    /** Starts a gateway on a foundation, which it closes. */
    static RunningGateway start(Path folder, Map<Setting, String> settings, Foundation foundation) {
        return start(folder, settings, foundation, (gateway, loss) -> {
            throw new AssertionError("lost: " + loss);
        });
    }

    /** Starts a gateway that may lose its device. */
    static RunningGateway start(
            Path folder,
            Map<Setting, String> settings,
            Foundation foundation,
            BiConsumer<GatewayVerticle, Loss> onLoss) {
        Map<Setting, List<String>> options = new EnumMap<>(Setting.class);
        options.put(Setting.HOST, List.of("127.0.0.1"));
        options.put(Setting.PORT, List.of("0"));
        options.put(Setting.DEVICE, List.of("cpu"));
        options.put(Setting.DATA_DIR, List.of(folder.resolve("data").toString()));
        options.put(Setting.OUTPUT_BASE_PATH, List.of(folder.resolve("out").toString()));
        options.put(Setting.WORKFLOWS_BASE_PATH, List.of(folder.resolve("loras").toString()));
        options.put(Setting.PLUGINS_DIR, List.of(folder.resolve("plugins").toString()));
        settings.forEach((setting, value) -> options.put(setting, List.of(value)));
        Machine machine = new Machine(
                Optional.of(folder), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
        return new RunningGateway(
                GatewayConfig.of(new SettingSources(options, Map.of(), Map.of(), machine).resolve(), machine),
                foundation,
                onLoss);
    }

    /** Returns what talks to it. */
    public Client client() {
        return client;
    }

    /** Returns the port for who runs the server. */
    public int adminPort() {
        return gateway.adminPort().orElseThrow();
    }

    /** Returns what it announced. */
    public String announcement() {
        return gateway.announcement();
    }

    /** Tells it to take no more jobs; ends when those that are drawn have ended. */
    public Future<Void> drain() {
        return gateway.drain();
    }

    /** Tells a handler that this gateway lost something. */
    void onLoss(BiConsumer<GatewayVerticle, Loss> handler, Loss loss) {
        handler.accept(gateway, loss);
    }

    /** Returns the id of a request that it accepts. */
    public String submit(JsonObject request) {
        Answer answer = client.post("/v1/inference", request);
        if (answer.status() != 200) {
            throw new AssertionError(answer.bytes().toString());
        }
        return answer.json().getString("request_id");
    }

    /** Waits for a request to end and returns its result. */
    public JsonObject await(String id) {
        Instant end = Instant.now().plus(PATIENCE);
        while (Instant.now().isBefore(end)) {
            JsonObject result = client.get("/v1/requests/" + id + "/result").json();
            if (!result.getString("status").startsWith("in_")) {
                return result;
            }
            LockSupport.parkNanos(10_000_000);
        }
        throw new AssertionError("request " + id + " did not end");
    }

    @Override
    public void close() {
        vertx.close().await();
        foundation.tracing().close();
        foundation.metrics().close();
    }
}
