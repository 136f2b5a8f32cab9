package dev.atelier.gateway.http;

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
}
