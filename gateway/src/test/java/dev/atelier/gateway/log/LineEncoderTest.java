package dev.atelier.gateway.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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

    /** All that a terminal or a viewer would act on: C0, DEL, C1, separators, bidirectional and invisible format. */
    private static String hostile() {
        StringBuilder all = new StringBuilder("a");
        IntStream.concat(IntStream.rangeClosed(0, 0x9f), IntStream.of(0xad, 0x061c, 0x180e, 0xfeff, 0xe0001, 0xe007f))
                .filter(c -> c < 0x20 || c >= 0x7f)
                .filter(c -> c != '\t')
                .forEach(all::appendCodePoint);
        IntStream.concat(IntStream.rangeClosed(0x200b, 0x200f), IntStream.rangeClosed(0x2028, 0x202e))
                .forEach(all::appendCodePoint);
        IntStream.concat(IntStream.rangeClosed(0x2060, 0x2064), IntStream.rangeClosed(0x2066, 0x206f))
                .forEach(all::appendCodePoint);
        return all.append("\u001b[2Jz").toString();
    }

    private static boolean isHostile(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL && c != '\t' && c != '\n'
                || type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || type == Character.SURROGATE;
    }

    private static Exception hostileFailure() {
        Exception failure = new IllegalStateException(hostile(), new IOException("cause " + hostile()));
        failure.addSuppressed(new IOException("suppressed " + hostile()));
        return failure;
    }

    private String hostileLine(LogFormat format) {
        encoder.setFormat(format);
        LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        LoggingEvent event = new LoggingEvent(
                "", loggers.getLogger("Some" + hostile()), Level.WARN, hostile(), hostileFailure(), null);
        event.setThreadName("thread " + hostile());
        event.setMDCPropertyMap(Map.of("mdc" + hostile(), hostile()));
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void escapesControlCharactersInEveryPartOfATextLine() {
        String line = hostileLine(LogFormat.TEXT);

        assertEquals(
                List.of(),
                line.codePoints().filter(LineEncoderTest::isHostile).boxed().toList());
        List<String> lines = line.lines().toList();
        assertTrue(lines.get(0).contains(" \\u001b") || lines.get(0).contains("\\u001b[2Jz"), line);
        for (String expected : List.of("\\u0000", "\\u007f", "\\u009b", "\\u2028", "\\u202e", "\\udb40\\udc01")) {
            assertTrue(lines.get(0).contains(expected), expected);
        }
        List<String> texts = lines.stream()
                .filter(text -> !text.matches("\\s+(at |\\.\\.\\. ).*"))
                .toList();
        assertEquals(4, texts.size(), () -> "the event, its exception, a cause, a suppressed one: " + texts);
    }

    @Test
    void escapesInJsonWhatATerminalActsOnAndKeepsTheMeaning() {
        String line = hostileLine(LogFormat.JSON);

        assertEquals(
                List.of(),
                line.codePoints().filter(LineEncoderTest::isHostile).boxed().toList());
        assertEquals(1, line.lines().count());
        JsonObject json = new JsonObject(line);
        assertEquals(hostile(), json.getString("message"));
        assertEquals("thread " + hostile(), json.getString("thread"));
        assertEquals(hostile(), json.getString("mdc" + hostile()));
    }

    @ParameterizedTest
    @EnumSource(LogFormat.class)
    void writesHalfOfASurrogatePairAsAReplacement(LogFormat format) throws Exception {
        encoder.setFormat(format);

        String line = line("<\ud83d> <\ude00> <\ud83d\ude00>", null);

        assertTrue(line.contains("<\ufffd> <\ufffd> <\ud83d\ude00>"), line);
    }

    @Test
    void leavesReadableTextOfAnyLanguageAsItIs() throws Exception {
        String text = "tab\there, \u00e9\u4e2d\u0430 \ud83c\udfa8 C:\\temp \u00a0";

        assertTrue(line(text, null).contains(text), () -> text);
    }
}
