package dev.atelier.gateway.log;

import ch.qos.logback.classic.Level;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The lines that a command prints beside its log. They have the log's format, so that a program that reads JSON meets
 * nothing else.
 *
 * @param out for results
 * @param err for failures
 * @param format of the lines
 */
public record Console(PrintStream out, PrintStream err, LogFormat format) {
    private static final String LOGGER = "dev.atelier.gateway";

    /** Prints a result. */
    public void say(String line) {
        out.println(format == LogFormat.JSON ? json(Level.INFO, line) : line);
    }

    /** Prints why a command failed. */
    public void fail(String reason) {
        err.println(format == LogFormat.JSON ? json(Level.ERROR, reason) : "atelier: " + reason);
    }

    private static String json(Level level, String message) {
        return LineEncoder.json(
                        Instant.now().truncatedTo(ChronoUnit.MILLIS),
                        level,
                        LOGGER,
                        Thread.currentThread().getName(),
                        message)
                .encode();
    }

    /** Has lines that libraries print to the process's streams as text written as JSON. */
    public static void printJson() {
        System.setOut(new PrintStream(new JsonLines(System.out, Level.INFO), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new JsonLines(System.err, Level.WARN), true, StandardCharsets.UTF_8));
    }

    /** Turns lines that are no JSON objects into such. */
    private static final class JsonLines extends FilterOutputStream {
        private final Level level;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        JsonLines(OutputStream out, Level level) {
            super(out);
            this.level = level;
        }

        @Override
        public synchronized void write(int b) throws IOException {
            if (b == '\n') {
                writeLine();
            } else {
                line.write(b);
            }
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int length) throws IOException {
            for (int i = from; i < from + length; i++) {
                write(bytes[i]);
            }
        }

        private void writeLine() throws IOException {
            String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
            line.reset();
            if (!text.isEmpty()) {
                String written = text.startsWith("{") ? text : json(level, text);
                out.write((written + System.lineSeparator()).getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
    }
}
