package dev.atelier.gateway.http;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The preferences of a submission (RFC 7240) that the server knows: {@code wait=SECONDS} and {@code handling=strict} or
 * {@code lenient}. They may come in one header or in several, quoted or not; the first readable value of each counts.
 * Everything else is ignored, as the standard requires.
 *
 * @param waiting how long the answer may wait; empty where the client does not prefer to wait
 * @param strict whether a request that gets warnings is rejected
 */
record Preferences(Optional<Duration> waiting, boolean strict) {
    static final String HEADER = "Prefer";
    /** Returns the preferences that the server applied. */
    static final String APPLIED = "Preference-Applied";

    static final String STRICT = "handling=strict";
    /** No answer waits for longer. */
    static final Duration LONGEST = Duration.ofMinutes(2);

    private static final int MOST_DIGITS = 9;

    /** Reads the headers of a request. */
    static Preferences of(MultiMap headers) {
        Map<String, String> values = new HashMap<>();
        for (String header : headers.getAll(HEADER)) {
            for (String preference : split(header, ',')) {
                String[] parts = split(preference, ';').get(0).split("=", 2);
                String name = parts[0].strip().toLowerCase(Locale.ROOT);
                String value = parts.length < 2 ? "" : unquoted(parts[1].strip());
                if (isReadable(name, value)) {
                    values.putIfAbsent(name, value);
                }
            }
        }
        Optional<Duration> waiting = Optional.ofNullable(values.get("wait"))
                .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
                .map(asked -> asked.compareTo(LONGEST) > 0 ? LONGEST : asked);
        return new Preferences(waiting, "strict".equalsIgnoreCase(values.get("handling")));
    }

    /** Returns the value of Preference-Applied; empty where no preference was applied. */
    Optional<String> applied() {
        String applied = Stream.of(
                        strict ? STRICT : "",
                        waiting.map(longest -> "wait=" + longest.toSeconds()).orElse(""))
                .filter(preference -> !preference.isEmpty())
                .collect(Collectors.joining(", "));
        return Optional.of(applied).filter(text -> !text.isEmpty());
    }

    private static boolean isReadable(String name, String value) {
        return switch (name) {
            case "wait" ->
                !value.isEmpty()
                        && value.length() <= MOST_DIGITS
                        && value.chars().allMatch(digit -> digit >= '0' && digit <= '9');
            case "handling" -> value.equalsIgnoreCase("strict") || value.equalsIgnoreCase("lenient");
            default -> false;
        };
    }

    /** Splits a text where a separator stands outside quotes. */
    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == '\\' && quoted) {
                i++;
            } else if (character == '"') {
                quoted = !quoted;
            } else if (character == separator && !quoted) {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(text.substring(start));
        return parts;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
