package dev.atelier.gateway.worker;

import org.jspecify.annotations.Nullable;

/** Tells a Java heap that is full from a single request for memory that could not be met. */
public final class HeapExhaustion {
    private HeapExhaustion() {}

    /** Tells whether a failure, or what caused it, means that the process has no memory left. */
    public static boolean isIt(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                String message = String.valueOf(cause.getMessage());
                // memory outside of the heap, and an array that no heap could hold, leave the process as it was
                return !message.contains("direct buffer") && !message.contains("array size exceeds");
            }
        }
        return false;
    }
}
