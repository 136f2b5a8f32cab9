package dev.atelier.gateway.tracing;

import dev.atelier.gateway.output.SavedImage;
import dev.atelier.plugin.ProgressListener;
import org.jspecify.annotations.Nullable;

/** The spans of one attempt at a job. Called on the attempt's event loop, one picture after the other. */
public interface JobTrace {
    /** Traces nothing. */
    JobTrace NONE = new JobTrace() {};

    /**
     * A picture is about to be drawn.
     *
     * @param next hears what the returned listener hears
     */
    default ProgressListener drawing(int index, ProgressListener next) {
        return next;
    }

    /**
     * The picture that was drawn last is done.
     *
     * @param failure why it is not; null when it is
     */
    default void drawn(@Nullable Throwable failure) {}

    /** A picture was written just now. */
    default void saved(int index, SavedImage image) {}

    /**
     * The attempt has ended.
     *
     * @param failure why it gave no result; null when it did
     */
    default void end(@Nullable Throwable failure) {}
}
