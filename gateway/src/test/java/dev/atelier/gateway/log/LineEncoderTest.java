package dev.atelier.gateway.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LineEncoderTest {
    private static final LogFields FIELDS = new LogFields("r-1", "j-1", "0af7651916cd43dd8448eb211c80319c");

    private final LineEncoder encoder = new LineEncoder();

    private String line(String message, @Nullable Throwable thrown) throws Exception {
        LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        LoggingEvent event =
                new LoggingEvent("", loggers.getLogger("dev.atelier.gateway.Some"), Level.WARN, message, thrown, null);
        return FIELDS.onThread(() -> new String(encoder.encode(event), StandardCharsets.UTF_8));
    }

    @Test
    void writesForPeople() throws Exception {
        String line = line("it is so", null);

        assertTrue(
                line.matches("\\d{4}-\\d\\d-\\d\\dT\\S+ WARN  \\[\\S+] d\\.a\\.gateway\\.Some request_id=r-1 job_id=j-1"
                        + " trace_id=0af7651916cd43dd8448eb211c80319c it is so\\R"),
                line);
    }

    @Test
    void writesForPrograms() throws Exception {
        encoder.setFormat(LogFormat.JSON);

        String line = line("it \"is\"\nso", new IllegalStateException("bad https://a.test/f?sig=1"));

        assertEquals(1, line.lines().count());
        JsonObject json = new JsonObject(line);
        assertEquals(
                Set.of(
                        "timestamp",
                        "level",
                        "logger",
                        "thread",
                        "message",
                        "request_id",
                        "job_id",
                        "trace_id",
                        "exception"),
                json.fieldNames());
        assertEquals("it \"is\"\nso", json.getString("message"));
        assertEquals("WARN", json.getString("level"));
        assertEquals("dev.atelier.gateway.Some", json.getString("logger"));
        assertEquals("j-1", json.getString("job_id"));
        assertTrue(Instant.parse(json.getString("timestamp")).isAfter(Instant.EPOCH));
        assertTrue(json.getString("exception").contains("bad https://a.test/f?***"));
        assertFalse(line.contains("sig=1"));
    }

    @Test
    void keepsAMessageOnItsLineAndSecretsOut() throws Exception {
        String line = line("first\r\n2026 ERROR forged hf_AbCdEfGhIj", new IllegalStateException("hf_AbCdEfGhIj"));

        assertTrue(line.lines().findFirst().orElseThrow().endsWith("first\\r\\n2026 ERROR forged hf_***"), line);
        assertTrue(line.contains("java.lang.IllegalStateException: hf_***"), line);
        assertFalse(line.contains("AbCd"), line);
    }
}
