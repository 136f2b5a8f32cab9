package dev.atelier.gateway.log;

/** How lines are written. */
public enum LogFormat {
    /** For people. */
    TEXT,
    /** One JSON object a line, for programs. */
    JSON
}
