package dev.atelier.zimage;

import dev.atelier.plugin.PipelineException;
import java.util.Objects;

/** Reads failures in tests. */
public final class Failures {
    private Failures() {}

    /** Returns the message, which every failure of ours has. */
    public static String message(PipelineException failure) {
        return Objects.requireNonNull(failure.getMessage());
    }
}
