package dev.atelier.gateway.log;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Removes from a text what nobody may read in a log or an error: tokens, API keys, the user information and the query
 * of a URL, and the secrets of this process. The last net, not the first: nothing secret is meant to get this far.
 *
 * <p>Clients choose most of these texts, so the time it takes is proportional to their length, whatever they hold.
 */
public final class Redaction {
    private static final String MASK = "***";
    private static final String CUT = "...";
    private static final int SHORTEST_SECRET = 4;
    /** How far a text is searched for secrets beyond the part of it that is shown. */
    private static final int MARGIN = 1000;

    private static final char REPLACEMENT = '\uFFFD';
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
        return new SecretScanner(withoutOwn(text, false), false).masked();
    }

    /**
     * Returns the beginning of a text that a client chose, without what is secret, also where a secret is cut in two.
     * Half a surrogate pair becomes a replacement character.
     *
     * @param most the length of what is shown; a longer text ends with {@value #CUT}
     */
    public static String shortened(String text, int most) {
        boolean cut = text.length() > most + MARGIN;
        String head = cut ? text.substring(0, most + MARGIN) : text;
        String safe = new SecretScanner(withoutOwn(head, cut), cut).masked();
        if (!cut && safe.length() <= most) {
            return wellFormed(safe);
        }
        int end = Math.min(most, safe.length());
        if (end > 0 && end < safe.length() && Character.isHighSurrogate(safe.charAt(end - 1))) {
            end--;
        }
        return wellFormed(safe.substring(0, end)) + CUT;
    }

    /** Returns the object with the same done to every text in it. */
    public static JsonObject of(JsonObject json) {
        return each(json, Redaction::of);
    }

    /** Returns the object with every text in it {@linkplain #shortened shortened}. */
    public static JsonObject shortened(JsonObject json, int most) {
        return each(json, text -> shortened(text, most));
    }

    private static String withoutOwn(String text, boolean cut) {
        String safe = text;
        for (String secret : OWN) {
            safe = safe.replace(secret, MASK);
            if (cut) {
                safe = withoutBeginning(safe, secret);
            }
        }
        return safe;
    }

    /** Masks the beginning of a secret at the end of a text. */
    private static String withoutBeginning(String text, String secret) {
        for (int length = Math.min(text.length(), secret.length() - 1); length >= SHORTEST_SECRET; length--) {
            if (text.regionMatches(text.length() - length, secret, 0, length)) {
                return text.substring(0, text.length() - length) + MASK;
            }
        }
        return text;
    }

    private static String wellFormed(String text) {
        StringBuilder fixed = null;
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            boolean high = Character.isHighSurrogate(unit);
            if (high && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(unit)) {
                fixed = fixed == null ? new StringBuilder(text) : fixed;
                fixed.setCharAt(i, REPLACEMENT);
            }
        }
        return fixed == null ? text : fixed.toString();
    }

    private static JsonObject each(JsonObject json, UnaryOperator<String> safe) {
        JsonObject object = new JsonObject();
        json.forEach(entry -> object.put(entry.getKey(), eachValue(entry.getValue(), safe)));
        return object;
    }

    private static @Nullable Object eachValue(@Nullable Object value, UnaryOperator<String> safe) {
        if (value instanceof String text) {
            return safe.apply(text);
        }
        if (value instanceof JsonObject object) {
            return each(object, safe);
        }
        if (value instanceof Map<?, ?> map) {
            JsonObject object = new JsonObject();
            map.forEach((name, inner) -> object.put(String.valueOf(name), inner));
            return each(object, safe);
        }
        if (value instanceof Iterable<?> items) {
            JsonArray array = new JsonArray();
            items.forEach(item -> array.add(eachValue(item, safe)));
            return array;
        }
        return value;
    }
}
