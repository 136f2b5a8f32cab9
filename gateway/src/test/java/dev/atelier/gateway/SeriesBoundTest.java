package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.metrics.Scrape.Sample;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients cannot make the number of series grow. */
class SeriesBoundTest {
    private static final int REQUESTS = Integer.getInteger("atelier.test.requests", 200);
    /** They grow with what the JVM happens to do, and with what the gateway does with its store from time to time. */
    private static final List<String> OF_TIME = List.of("jvm_", "atelier_store_operations_total");

    @TempDir
    Path folder;

    @Test
    void keepsTheNumberOfSeriesWhateverModelsPathsAndMethodsClientsMakeUp() throws Exception {
        try (BusyGateway gateway = BusyGateway.start(folder)) {
            gateway.work();
            send(gateway, 0);
            Set<String> before = series(gateway);
            for (int i = 1; i <= REQUESTS; i++) {
                send(gateway, i);
            }
            Set<String> after = series(gateway);
            after.removeAll(before);

            assertEquals(Set.of(), after);
            assertTrue(
                    gateway.scrape().sum("atelier_jobs_rejected_total", "code", "MODEL_NOT_FOUND") >= REQUESTS,
                    "models that are not there");
            assertTrue(
                    gateway.scrape().sum("atelier_http_server_requests_total", "method", "other") >= REQUESTS,
                    "methods that are none");
        }
    }

    private static void send(BusyGateway gateway, int number) {
        JsonObject body = new JsonObject()
                .put("model", "made-up-" + number)
                .put("prompts", new JsonArray().add(new JsonObject().put("prompt", "a")))
                .put("loras", new JsonArray());
        assertEquals(400, gateway.client().post("/v1/inference", body).status());
        assertEquals(404, gateway.client().get("/made/up/" + number).status());
        assertEquals(
                404,
                gateway.client()
                        .get("/v1/requests/made-up-" + number + "/status")
                        .status());
        int status = gateway.client()
                .send("MADEUP" + number, "/health", BodyPublishers.noBody())
                .status();
        assertEquals(405, status);
    }

    private static Set<String> series(BusyGateway gateway) {
        List<Sample> samples = gateway.scrape().samples();
        return samples.stream()
                .filter(sample -> OF_TIME.stream().noneMatch(sample.name()::startsWith))
                .map(sample -> sample.name() + sample.labels())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
