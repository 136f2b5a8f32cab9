package dev.atelier.gateway.log;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of a text what nobody may read in a log or an error: tokens, API keys, what stands before the host or
 * behind the path of a URL, and the secrets of this process. The last net, not the first: nothing secret is meant to
 * get this far.
 */
public final class Redaction {
    private static final String MASK = "***";
    private static final int SHORTEST_SECRET = 4;
    /** A few words that begin like a token are names of ours. */
    private static final Pattern HUB_TOKEN = Pattern.compile("\\bhf_(?!token|endpoint|home|hub)[A-Za-z0-9]{4,}");

    private static final Pattern API_KEY = Pattern.compile("\\batl-[A-Za-z0-9_-]{20,}");
    private static final Pattern BEARER = Pattern.compile("(?i)\\b(bearer)\\s+[A-Za-z0-9._~+/=-]{8,}");
    private static final Pattern USER_INFO = Pattern.compile("\\b([A-Za-z][A-Za-z0-9+.-]*://)[^\\s/@\"'?#]+@");
    private static final Pattern QUERY =
            Pattern.compile("\\b([A-Za-z][A-Za-z0-9+.-]*://[^\\s?#\"'<>]*)[?#][^\\s\"'<>]+");
    private static final List<String> OWN = new CopyOnWriteArrayList<>();

    private Redaction() {}

    /** Makes a value of this process's settings secret, wherever it turns up. */
    public static void hide(String secret) {
        if (secret.length() >= SHORTEST_SECRET && !OWN.contains(secret)) {
            OWN.add(secret);
        }
    }

    /** Returns the text without what is secret. */
    public static String of(String text) {
        String safe = text;
        for (String secret : OWN) {
            safe = safe.replace(secret, MASK);
        }
        if (safe.contains("hf_")) {
            safe = HUB_TOKEN.matcher(safe).replaceAll("hf_" + MASK);
        }
        if (safe.contains("atl-")) {
            safe = API_KEY.matcher(safe).replaceAll("atl-" + MASK);
        }
        if (safe.contains("://")) {
            safe = QUERY.matcher(USER_INFO.matcher(safe).replaceAll("$1" + MASK + "@"))
                    .replaceAll("$1?" + MASK);
        }
        return BEARER.matcher(safe).replaceAll("$1 " + MASK);
    }

    /** Returns the object with the same done to every text in it. */
    public static JsonObject of(JsonObject json) {
        JsonObject safe = new JsonObject();
        json.forEach(entry -> safe.put(entry.getKey(), ofValue(entry.getValue())));
        return safe;
    }

    private static @Nullable Object ofValue(@Nullable Object value) {
        if (value instanceof String text) {
            return of(text);
        }
        if (value instanceof JsonObject object) {
            return of(object);
        }
        if (value instanceof Map<?, ?> map) {
            JsonObject object = new JsonObject();
            map.forEach((name, inner) -> object.put(String.valueOf(name), inner));
            return of(object);
        }
        if (value instanceof Iterable<?> items) {
            JsonArray safe = new JsonArray();
            items.forEach(item -> safe.add(ofValue(item)));
            return safe;
        }
        return value;
    }
}
