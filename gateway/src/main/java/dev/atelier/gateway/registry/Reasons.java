package dev.atelier.gateway.registry;

/** Failures in one line, for people. */
final class Reasons {
    private Reasons() {}

    /** Returns what is at the root of a failure. */
    static String of(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return root.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
