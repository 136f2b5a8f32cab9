package dev.atelier.gateway.registry;

/** Failures in one line of bounded length, for people. */
final class Reasons {
    private static final int MOST_CHARACTERS = 1000;

    private Reasons() {}

    /** Returns what is at the root of a failure. */
    static String of(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        String reason = root.getClass().getSimpleName() + (message == null ? "" : ": " + message);
        return reason.length() <= MOST_CHARACTERS ? reason : reason.substring(0, MOST_CHARACTERS) + "...";
    }
}
