package dev.atelier.plugin;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A failure with the code that clients see. Its message is for them too: it names the file, the field, the values. What
 * it repeats of a file or a request is bounded: the message to {@value #MOST_CHARACTERS} characters, each text of the
 * details to {@value #MOST_DETAIL_CHARACTERS}, each list and map of them to {@value #MOST_DETAILS} entries.
 */
public class PipelineException extends RuntimeException {
    /** How many characters of a message are kept. */
    public static final int MOST_CHARACTERS = 4000;
    /** How many characters of a text in the details are kept. */
    public static final int MOST_DETAIL_CHARACTERS = 1000;
    /** How many entries of a list or a map in the details are kept. */
    public static final int MOST_DETAILS = 100;

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
        super(message == null ? null : cut(message, MOST_CHARACTERS), cause);
        this.code = code;
        Map<String, Object> bounded = new HashMap<>();
        details.forEach((name, value) -> bounded.put(name, Objects.requireNonNull(bounded(value))));
        this.details = Map.copyOf(bounded);
    }

    private static @Nullable Object bounded(@Nullable Object value) {
        if (value instanceof String text) {
            return cut(text, MOST_DETAIL_CHARACTERS);
        }
        if (value instanceof List<?> list) {
            return list.stream()
                    .limit(MOST_DETAILS)
                    .map(PipelineException::bounded)
                    .collect(Collectors.collectingAndThen(Collectors.toList(), Collections::unmodifiableList));
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, @Nullable Object> kept = new LinkedHashMap<>();
            map.entrySet().stream()
                    .limit(MOST_DETAILS)
                    .forEach(entry -> kept.put(entry.getKey(), bounded(entry.getValue())));
            return Collections.unmodifiableMap(kept);
        }
        return value;
    }

    private static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
        return text.substring(0, end) + "...";
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
