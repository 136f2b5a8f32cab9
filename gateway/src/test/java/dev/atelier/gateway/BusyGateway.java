package dev.atelier.gateway;

import dev.atelier.gateway.http.Client;
import dev.atelier.gateway.metrics.Scrape;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A whole gateway that had work of every kind: jobs that succeed, fail, expire and are refused, with and without
 * adapters.
 */
final class BusyGateway implements AutoCloseable {
    static final String MODEL = "painter";
    static final int STEPS = 8;
    static final List<String> WRITTEN_BY_CLIENTS =
            List.of("a very private prompt", "no-such-model", "nowhere-at-all", "ODDMETHOD", "job/my.safetensors");

    private final RunningGateway gateway;
    private int accepted;

    private BusyGateway(RunningGateway gateway) {
        this.gateway = gateway;
    }

    /** Starts it with its files in a folder. */
    static BusyGateway start(Path folder) throws IOException {
        TestPlugin.procedural(MODEL).writeTo(folder.resolve("plugins"));
        TestPlugin.procedural("absent").setting("component", "weights").writeTo(folder.resolve("plugins"));
        TestPlugin.procedural("broken")
                .setting("openFailure", "CHECKPOINT_INVALID")
                .writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
        return new BusyGateway(RunningGateway.start(folder, Map.of(Setting.ALLOW_NO_LORA, "true")));
    }

    /** Gives it one round of work, and waits for its end. */
    void work() throws Exception {
        List<String> jobs = new ArrayList<>();
        jobs.add(cancelAfterAnotherExpired());
        jobs.add(submit("a very private prompt", true));
        jobs.add(submit("another", true));
        jobs.add(submit("without adapter", false));
        jobs.add(submit("{{fail NON_FINITE_OUTPUT}}", false));
        jobs.add(submit("{{throw it}}", false));
        client().post("/v1/inference", request("x", false).put("model", "no-such-model"));
        client().post(
                        "/v1/inference",
                        request("x", false)
                                .put(
                                        "loras",
                                        new JsonArray().add(new JsonObject().put("path", "not/there.safetensors"))));
        client().get("/nowhere-at-all");
        client().send("ODDMETHOD", "/health", BodyPublishers.noBody());
        client().get("/health/ready");
        jobs.forEach(gateway::await);
        settle();
    }

    // The numbers of the queue follow what happened a moment later.
    private void settle() {
        Await.until("the queue's numbers", () -> {
            Scrape scrape = scrape();
            return scrape.sum("atelier_jobs", "state", "queued") == 0
                    && scrape.sum("atelier_jobs", "state", "running") == 0
                    && scrape.sum("atelier_jobs") == accepted
                    && scrape.sum("atelier_ready")
                            == scrape.find("atelier_ready").size()
                    && !scrape.find("atelier_event_loop_lag_seconds_count").isEmpty();
        });
    }

    private String cancelAfterAnotherExpired() throws Exception {
        try (Gate gate = new Gate("busy")) {
            String id = submit("{{wait busy}}", false);
            gate.awaitDrawing();
            gateway.await(submit(request("too late", false).put("expires_in", 1)));
            client().post("/v1/requests/" + id + "/cancel", new JsonObject());
            gateway.await(id);
            return id;
        }
    }

    private String submit(String prompt, boolean adapted) {
        return submit(request(prompt, adapted));
    }

    private String submit(JsonObject request) {
        accepted++;
        return gateway.submit(request);
    }

    private static JsonObject request(String prompt, boolean adapted) {
        JsonArray loras = new JsonArray();
        if (adapted) {
            loras.add(new JsonObject().put("path", "job/my.safetensors"));
        }
        return new JsonObject()
                .put("model", MODEL)
                .put("loras", loras)
                .put(
                        "prompts",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("prompt", prompt)
                                        .put("width", 64)
                                        .put("height", 64)
                                        .put("sample_steps", STEPS)));
    }

    /** Returns how many jobs it was given. */
    int accepted() {
        return accepted;
    }

    /** Returns what talks to it. */
    Client client() {
        return gateway.client();
    }

    /** Returns what it counted. */
    Scrape scrape() {
        return Scrape.of(client().get("/metrics").bytes().toString());
    }

    @Override
    public void close() {
        gateway.close();
    }
}
