package dev.atelier.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Judges the content type of a request's body. */
final class MediaTypes {
    static final String JSON = "application/json";
    static final String OTHER = "application/octet-stream";

    private static final Pattern JSON_FAMILY = Pattern.compile("application/([^/;]+\\+)?json");

    private MediaTypes() {}

    /** Returns whether a body of this type is read as JSON; one without a type is. */
    static boolean isJson(@Nullable String contentType) {
        if (contentType == null || contentType.isBlank()) {
            return true;
        }
        String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return JSON_FAMILY.matcher(type).matches();
    }

    /** Returns whether headers tell of a compressed body. */
    static boolean isCompressed(MultiMap headers) {
        return headers.getAll(HttpHeaders.CONTENT_ENCODING).stream()
                .flatMap(codings -> Arrays.stream(codings.split(",")))
                .map(String::strip)
                .anyMatch(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase("identity"));
    }
}
