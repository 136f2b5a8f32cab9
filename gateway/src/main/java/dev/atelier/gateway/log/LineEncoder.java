package dev.atelier.gateway.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.TargetLengthBasedClassNameAbbreviator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line for each event, with the fields of the request or job that it belongs to, without secrets. Control
 * characters are escaped everywhere, so that text from a client cannot look like another event or control a terminal. A
 * stack trace follows its line, or is a field; the messages in it never begin a new line of the text format.
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
        // JSON has the escaped characters only within its strings, where the escapes are its own.
        String line = format == LogFormat.JSON ? Escapes.of(json(event)) : text(event);
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
                .append(Escapes.of(String.valueOf(event.getThreadName())))
                .append("] ")
                .append(Escapes.of(abbreviator.abbreviate(event.getLoggerName())))
                .append(' ');
        fields(event)
                .forEach((name, value) -> line.append(Escapes.of(name))
                        .append('=')
                        .append(Escapes.of(String.valueOf(value)))
                        .append(' '));
        line.append(Escapes.of(Redaction.of(String.valueOf(event.getFormattedMessage()))));
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            line.append(System.lineSeparator()).append(stackTrace(thrown));
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

    /** Returns a line of the log as JSON. */
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

    private static String stackTrace(IThrowableProxy thrown) {
        String trace = ThrowableProxyUtil.asString(new EscapedThrowable(thrown));
        return Redaction.of(trace).lines().map(Escapes::of).collect(Collectors.joining(System.lineSeparator()));
    }

    /** A throwable whose messages, its causes' and suppressed ones' too, are escaped; its frames are code. */
    private record EscapedThrowable(IThrowableProxy thrown) implements IThrowableProxy {
        @Override
        public @Nullable String getMessage() {
            return escaped(thrown.getMessage());
        }

        @Override
        public @Nullable String getOverridingMessage() {
            return escaped(thrown.getOverridingMessage());
        }

        private static @Nullable String escaped(@Nullable String message) {
            return message == null ? null : Escapes.of(message);
        }

        @Override
        public String getClassName() {
            return thrown.getClassName();
        }

        @Override
        public StackTraceElementProxy[] getStackTraceElementProxyArray() {
            return thrown.getStackTraceElementProxyArray();
        }

        @Override
        public int getCommonFrames() {
            return thrown.getCommonFrames();
        }

        @Override
        public @Nullable IThrowableProxy getCause() {
            return thrown.getCause() == null ? null : new EscapedThrowable(thrown.getCause());
        }

        @Override
        public IThrowableProxy[] getSuppressed() {
            return Stream.of(thrown.getSuppressed()).map(EscapedThrowable::new).toArray(IThrowableProxy[]::new);
        }

        @Override
        public boolean isCyclic() {
            return thrown.isCyclic();
        }
    }
}
