package dev.atelier.gateway.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.TargetLengthBasedClassNameAbbreviator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.Map;

/**
 * Writes one line for each event, with the fields of the work that it belongs to, without secrets. A message never
 * begins a new line: what a client sends cannot look like another event. A stack trace follows its line, or is a field.
 */
public final class LineEncoder extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = {};
    private static final int LOGGER_LENGTH = 20;
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd'T'HH:mm:ss.SSS")
            .appendOffsetId()
            .toFormatter(Locale.ROOT)
            .withZone(ZoneId.systemDefault());
    private static final DateTimeFormatter UTC = DateTimeFormatter.ISO_INSTANT;

    private final TargetLengthBasedClassNameAbbreviator abbreviator =
            new TargetLengthBasedClassNameAbbreviator(LOGGER_LENGTH);
    private volatile LogFormat format = LogFormat.TEXT;

    /** Chooses how lines are written. */
    public void setFormat(LogFormat format) {
        this.format = format;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        String line = format == LogFormat.JSON ? json(event) : text(event);
        return (line + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    private String text(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(256)
                .append(TIME.format(Instant.ofEpochMilli(event.getTimeStamp())))
                .append(" %-5s [".formatted(event.getLevel()))
                .append(event.getThreadName())
                .append("] ")
                .append(abbreviator.abbreviate(event.getLoggerName()))
                .append(' ');
        fields(event)
                .forEach((name, value) ->
                        line.append(name).append('=').append(oneLine(value)).append(' '));
        line.append(oneLine(Redaction.of(event.getFormattedMessage())));
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            line.append(System.lineSeparator())
                    .append(Redaction.of(ThrowableProxyUtil.asString(thrown)).stripTrailing());
        }
        return line.toString();
    }

    private static String json(ILoggingEvent event) {
        JsonObject line = json(
                Instant.ofEpochMilli(event.getTimeStamp()),
                event.getLevel(),
                event.getLoggerName(),
                event.getThreadName(),
                event.getFormattedMessage());
        fields(event).forEach(line::put);
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            line.put("exception", Redaction.of(ThrowableProxyUtil.asString(thrown)));
        }
        return line.encode();
    }

    /** Returns a line of the log as JSON, whoever writes it. */
    static JsonObject json(Instant time, Level level, String logger, String thread, String message) {
        return new JsonObject()
                .put("timestamp", UTC.format(time))
                .put("level", level.toString())
                .put("logger", logger)
                .put("thread", thread)
                .put("message", Redaction.of(message));
    }

    /** The appender writes on the thread that logs, so that what is current there is what the event is about. */
    private static Map<String, String> fields(ILoggingEvent event) {
        Map<String, String> fields = LogFields.current().byName();
        event.getMDCPropertyMap().forEach(fields::putIfAbsent);
        return fields;
    }

    private static String oneLine(String text) {
        return text.indexOf('\n') < 0 && text.indexOf('\r') < 0
                ? text
                : text.replace("\r", "\\r").replace("\n", "\\n");
    }
}
