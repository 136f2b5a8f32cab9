package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.log.LineEncoder;
import dev.atelier.gateway.log.LogFormat;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a whole gateway logs, in all detail, while it serves: the ids of each piece of work, and nothing secret. */
class LogTest {
    private static final String OURS = "dev.atelier";

    @TempDir
    Path folder;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();

    @BeforeEach
    void prepare() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
        LineEncoder lines = new LineEncoder();
        lines.setFormat(LogFormat.JSON);
        appender.setContext(loggers);
        appender.setEncoder(lines);
        appender.setOutputStream(written);
        appender.start();
        loggers.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
        loggers.getLogger(OURS).setLevel(Level.DEBUG);
    }

    @AfterEach
    void restore() {
        loggers.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender(appender);
        loggers.getLogger(OURS).setLevel(Level.INFO);
    }

    private static JsonObject request(String prompt, String lora) {
        return new JsonObject()
                .put("model", "zimage_turbo")
                .put("hf_token", "hf_swordfishToken")
                .put("trigger_word", "swordfish-trigger")
                .put(
                        "prompts",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("prompt", prompt)
                                        .put("neg", "swordfish-negative")
                                        .put("width", 64)
                                        .put("height", 64)))
                .put("loras", new JsonArray().add(new JsonObject().put("path", lora)));
    }

    private List<JsonObject> lines() {
        return written.toString(StandardCharsets.UTF_8)
                .lines()
                .map(JsonObject::new)
                .toList();
    }

    @Test
    void tellsTheIdsOnEveryLineAndNothingSecretInAny() {
        String drawn;
        String failed;
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of(Setting.LORA_ALLOW_PRIVATE, "true"))) {
            drawn = submit(gateway, request("a swordfish [trigger]", "job/my.safetensors"), "request-1");
            gateway.await(drawn);
            String signed = "https://127.0.0.1:1/f.safetensors?X-Amz-Signature=swordfish";
            failed = submit(gateway, request("a swordfish", signed), "request-2");
            JsonObject result = gateway.await(failed);
            assertEquals("failed", result.getString("status"));
            assertFalse(result.encode().contains("swordfish"), result.encode());
            String broken = gateway.submit(request("{{throw it}} swordfish", "job/my.safetensors"));
            gateway.await(broken);
        }

        String all = written.toString(StandardCharsets.UTF_8);
        assertFalse(all.contains("swordfish"), all);
        for (String id : List.of(drawn, failed)) {
            List<JsonObject> ofJob = lines().stream()
                    .filter(line -> id.equals(line.getString("job_id")))
                    .toList();
            assertTrue(ofJob.size() >= 3, all);
            lines().stream()
                    .filter(line -> line.getString("message").contains(id))
                    .filter(line -> !line.getString("message").startsWith("GET "))
                    .forEach(line -> assertEquals(id, line.getString("job_id"), line.encode()));
        }
        assertTrue(lines().stream()
                .anyMatch(line -> "request-1".equals(line.getString("request_id"))
                        && line.getString("message").startsWith("POST /v1/inference 200")));
    }

    private static String submit(RunningGateway gateway, JsonObject body, String requestId) {
        Answer answer = gateway.client()
                .post("/v1/inference", body.toBuffer(), "Content-Type", "application/json", "X-Request-Id", requestId);
        assertEquals(requestId, answer.header("x-request-id"));
        return answer.json().getString("request_id");
    }

    @Test
    void saysOnceThatOffloadingHasNoEffectWhereItIsAskedFor() {
        RunningGateway.start(folder, Map.of(Setting.ENABLE_CPU_OFFLOAD, "true")).close();

        assertEquals(
                1,
                lines().stream()
                        .filter(line -> line.getString("message").contains("OFFLOAD_MODE"))
                        .count());
    }

    @Test
    void tellsPromptsWhereThatIsWanted() {
        try (RunningGateway gateway = RunningGateway.start(folder, Map.of(Setting.LOG_PROMPTS, "true"))) {
            gateway.submit(request("a swordfish [trigger]", "job/my.safetensors"));
        }

        String all = written.toString(StandardCharsets.UTF_8);
        assertTrue(all.contains("prompt: a swordfish swordfish-trigger; negative: swordfish-negative"), all);
        assertFalse(all.contains("swordfishToken"), all);
    }
}
