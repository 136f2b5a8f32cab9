package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.Gate;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.gateway.tracing.Collector;
import dev.atelier.gateway.tracing.Collector.Received;
import dev.atelier.gateway.tracing.Tracing;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an OTLP/HTTP endpoint receives of requests and jobs. */
class TracedGatewayTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";
    private static final int STEPS = 3;

    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws Exception {
        TestPlugin.procedural("painter").writeTo(folder.resolve("plugins"));
    }

    private RunningGateway start(Tracing tracing) {
        return RunningGateway.start(folder, Map.of(Setting.ALLOW_NO_LORA, "true"), tracing);
    }

    private static String submit(RunningGateway gateway, String prompt) {
        JsonObject picture = new JsonObject()
                .put("prompt", prompt)
                .put("width", 64)
                .put("height", 64)
                .put("sample_steps", STEPS);
        Buffer body = new JsonObject()
                .put("model", "painter")
                .put("prompts", new JsonArray().add(picture))
                .put("loras", new JsonArray())
                .toBuffer();
        return gateway.client()
                .post(
                        "/v1/inference",
                        body,
                        "Content-Type",
                        "application/json",
                        "traceparent",
                        "00-" + TRACE + "-" + CALLER + "-01")
                .json()
                .getString("request_id");
    }

    private static Received only(Collector collector, String name) {
        Await.until("a span " + name, () -> !collector.spans(name).isEmpty());
        List<Received> found = collector.spans(name);
        assertEquals(1, found.size(), name);
        return found.get(0);
    }

    @Test
    void joinsTheCallersTraceFromTheRequestToEachStep() throws Exception {
        try (Collector collector = new Collector()) {
            String id;
            try (RunningGateway gateway = start(collector.tracing())) {
                id = submit(gateway, "a very private prompt");
                gateway.await(id);
            }
            Received request = only(collector, "POST /v1/inference");
            Received job = only(collector, "job");
            Received picture = only(collector, "picture");
            Received denoise = only(collector, "denoise");
            collector.spans().stream()
                    .filter(span -> !span.name().startsWith("GET ")) // the test's own questions
                    .forEach(span -> assertEquals(TRACE, span.traceId(), span.name()));
            assertEquals(CALLER, request.parentId());
            assertEquals(request.id(), job.parentId());
            assertEquals(job.id(), only(collector, "queue").parentId());
            assertEquals(job.id(), picture.parentId());
            for (String stage : List.of("text_encode", "denoise", "vae_decode", "encode_image", "save")) {
                assertEquals(picture.id(), only(collector, stage).parentId(), stage);
            }
            assertTrue(only(collector, "text_encode").isWithin(picture), "a stage lies within its picture");
            assertEquals(STEPS, collector.spans("step").size());
            for (Received step : collector.spans("step")) {
                assertEquals(denoise.id(), step.parentId());
                assertTrue(step.isWithin(denoise), "a step lies within its stage");
            }
            assertEquals("atelier", job.service());
            assertEquals(id, job.attributes().get("atelier.job.id"));
            assertEquals("painter", job.attributes().get("atelier.model"));
            assertEquals("cpu", job.attributes().get("atelier.device"));
            assertFalse(collector.spans().toString().contains("private"), "a prompt");
        }
    }

    @Test
    void goesOnInTheSameTraceWhenAnotherGatewayDrawsTheJob() throws Exception {
        try (Collector first = new Collector();
                Collector second = new Collector()) {
            String id;
            try (Gate gate = new Gate("traced");
                    RunningGateway gateway = start(first.tracing())) {
                id = submit(gateway, "{{wait traced}}");
                gate.awaitDrawing();
            }
            try (RunningGateway gateway = start(second.tracing())) {
                gateway.await(id);
            }
            Received request = only(first, "POST /v1/inference");
            assertEquals(TRACE, only(first, "job").traceId());
            Received again = only(second, "job");
            assertEquals(TRACE, again.traceId());
            assertEquals(request.id(), again.parentId());
            assertEquals("2", again.attributes().get("atelier.attempt"));
            assertEquals(List.of(), second.spans("queue"));
        }
    }

    @Test
    void joinsWhatAWorkerDrawsToTheTraceOfTheGatewayThatAccepted() throws Exception {
        try (Collector accepting = new Collector();
                Collector drawing = new Collector();
                EmbeddedPostgres database = EmbeddedPostgres.start()) {
            String id;
            try (RunningGateway worker = start(database, "worker", drawing.tracing());
                    RunningGateway gateway = start(database, "gateway", accepting.tracing())) {
                Await.until(
                        "the worker's models",
                        () -> !gateway.client()
                                .get("/v1/models")
                                .json()
                                .getJsonArray("models")
                                .isEmpty());
                assertEquals(200, worker.client().get("/health").status());
                id = submit(gateway, "p");
                gateway.await(id);
            }
            Received job = only(drawing, "job");
            assertEquals(TRACE, job.traceId());
            assertEquals(only(accepting, "POST /v1/inference").id(), job.parentId());
            assertEquals(id, job.attributes().get("atelier.job.id"));
            assertEquals(job.id(), only(drawing, "queue").parentId());
            assertEquals(STEPS, drawing.spans("step").size());
            assertEquals(List.of(), accepting.spans("job"));
        }
    }

    private RunningGateway start(EmbeddedPostgres database, String role, Tracing tracing) {
        Map<Setting, String> settings = Map.of(
                Setting.ALLOW_NO_LORA,
                "true",
                Setting.DATABASE_URL,
                "postgresql://postgres:postgres@localhost:" + database.getPort() + "/postgres",
                Setting.ROLE,
                role,
                Setting.DATA_DIR,
                folder.resolve(role).toString());
        return RunningGateway.start(folder, settings, tracing);
    }

    @Test
    void tellsByItsCodeWhyAJobFailed() throws Exception {
        try (Collector collector = new Collector()) {
            try (RunningGateway gateway = start(collector.tracing())) {
                gateway.await(submit(gateway, "{{fail NON_FINITE_OUTPUT}}"));
            }
            for (String name : List.of("job", "picture")) {
                assertEquals(
                        StatusCode.STATUS_CODE_ERROR,
                        only(collector, name).span().getStatus().getCode());
                assertEquals(
                        "NON_FINITE_OUTPUT",
                        only(collector, name).span().getStatus().getMessage());
            }
        }
    }

    @Test
    void doesNotTraceProbesAndScrapes() throws Exception {
        try (Collector collector = new Collector()) {
            try (RunningGateway gateway = start(collector.tracing())) {
                gateway.client().get("/health");
                gateway.client().get("/health/ready");
                gateway.client().get("/metrics");
                gateway.client().get("/v1/models");
            }
            only(collector, "GET /v1/models");
            assertEquals(1, collector.spans().size(), collector.spans().toString());
        }
    }
}
