package dev.atelier.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Judges the content type of a request's body. */
final class MediaTypes {
    static final String JSON = "application/json";
    static final String OTHER = "application/octet-stream";

    private static final String FAMILY = "application/";
    private static final String SUFFIX = "+json";

    private MediaTypes() {}

    /** Returns whether a body of this type is read as JSON; one without a type is. */
    static boolean isJson(@Nullable String contentType) {
        if (contentType == null || contentType.isBlank()) {
            return true;
        }
        int parameters = contentType.indexOf(';');
        String type = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return type.equals(JSON)
                || type.startsWith(FAMILY)
                        && type.endsWith(SUFFIX)
                        && type.length() > FAMILY.length() + SUFFIX.length()
                        && type.indexOf('/', FAMILY.length()) < 0;
    }

    /** Returns whether headers declare a compressed body. */
    static boolean isCompressed(MultiMap headers) {
        return headers.getAll(HttpHeaders.CONTENT_ENCODING).stream()
                .flatMap(codings -> Arrays.stream(codings.split(",")))
                .map(String::strip)
                .anyMatch(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase("identity"));
    }
}
