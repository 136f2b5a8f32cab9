package dev.atelier.gateway.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import java.util.Iterator;
import org.slf4j.LoggerFactory;

/**
 * How to log.
 *
 * @param format how lines are written
 * @param prompts whether prompts are logged
 * @param detailed whether to log what only helps to find a fault
 */
public record LogSettings(LogFormat format, boolean prompts, boolean detailed) {
    private static final String OURS = "dev.atelier";

    /** Returns the settings of a command that prints results: only problems are logged, unless details are wanted. */
    public LogSettings forCommand() {
        if (!detailed && LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers) {
            loggers.getLogger(OURS).setLevel(Level.WARN);
        }
        return this;
    }

    /** Makes the whole process log this way. */
    public void apply() {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers)) {
            return; // another library logs, and is set up in its own way
        }
        if (detailed) {
            loggers.getLogger(OURS).setLevel(Level.DEBUG);
        }
        Iterator<Appender<ILoggingEvent>> appenders =
                loggers.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders();
        while (appenders.hasNext()) {
            if (appenders.next() instanceof OutputStreamAppender<ILoggingEvent> appender
                    && appender.getEncoder() instanceof LineEncoder lines) {
                lines.setFormat(format);
            }
        }
    }
}
