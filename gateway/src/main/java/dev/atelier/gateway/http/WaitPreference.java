package dev.atelier.gateway.http;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads {@code Prefer: wait=SECONDS} (RFC 7240): among other preferences, in one header or several, quoted or not; the
 * first one counts. What cannot be read is ignored, as the standard wants it.
 */
final class WaitPreference {
    /** No answer waits for longer. */
    static final Duration LONGEST = Duration.ofMinutes(2);

    private static final Pattern WAIT =
            Pattern.compile("\\s*wait\\s*=\\s*(\"?)(\\d{1,9})\\1\\s*(;.*)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private WaitPreference() {}

    /** Returns how long the answer may wait; empty where the client does not prefer to wait. */
    static Optional<Duration> of(MultiMap headers) {
        for (String header : headers.getAll("Prefer")) {
            for (String preference : header.split(",", -1)) {
                Matcher wait = WAIT.matcher(preference);
                if (wait.matches()) {
                    Duration asked = Duration.ofSeconds(Long.parseLong(wait.group(2)));
                    return Optional.of(asked.compareTo(LONGEST) > 0 ? LONGEST : asked);
                }
            }
        }
        return Optional.empty();
    }
}
