package dev.atelier.gateway;

/** A setting that stops the start. Its message is one line that names the setting and where it came from. */
final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ConfigException(String message) {
        super(message);
    }
}
