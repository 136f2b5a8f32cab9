package dev.atelier.gateway.http;

/** A body that cannot be read as text or as JSON of a sane shape at all. */
final class UnreadableBody extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableBody(Throwable cause) {
        super("There was an error parsing the body", cause);
    }
}
