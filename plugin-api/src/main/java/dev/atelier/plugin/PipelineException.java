package dev.atelier.plugin;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A failure with the code that clients see. Its message is for them too: it names the file, the field, the values. */
public class PipelineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final transient Map<String, Object> details;

    /** Creates a failure without details or cause. */
    public PipelineException(ErrorCode code, String message) {
        this(code, message, Map.of(), null);
    }

    /** Creates a failure with its cause. */
    public PipelineException(ErrorCode code, String message, @Nullable Throwable cause) {
        this(code, message, Map.of(), cause);
    }

    /**
     * Creates a failure.
     *
     * @param details values that a program can read: strings, numbers, booleans, lists and maps of these
     */
    public PipelineException(ErrorCode code, String message, Map<String, Object> details, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.details = Map.copyOf(details);
    }

    /** Returns the message; never null. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** Returns what went wrong. */
    public ErrorCode code() {
        return code;
    }

    /** Returns values that a program can read; never null. */
    public Map<String, Object> details() {
        return details == null ? Map.of() : details;
    }
}
