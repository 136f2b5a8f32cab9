package dev.atelier.gateway.log;

import java.util.function.IntPredicate;

/**
 * Masks tokens, API keys, and the user information and queries of URLs in one text, in one pass from its beginning to
 * its end. No character is visited more than a fixed number of times.
 */
final class SecretScanner {
    private static final String MASK = "***";
    private static final String HUB_TOKEN = "hf_";
    private static final int SHORTEST_HUB_TOKEN = 4;
    /** A few words that begin like a token are names of ours. */
    private static final String[] NO_HUB_TOKENS = {"token", "endpoint", "home", "hub"};

    private static final String API_KEY = "atl-";
    private static final int SHORTEST_API_KEY = 20;
    private static final String BEARER = "bearer";
    private static final int SHORTEST_BEARER = 8;
    private static final String AUTHORITY = "://";

    private final String text;
    private final boolean cut;
    private final StringBuilder safe;
    /** The first character that has not been taken over or masked. */
    private int at;
    /** Whether a URL has begun that has not ended. */
    private boolean inUrl;

    /**
     * Begins to scan.
     *
     * @param cut whether the text is the beginning of a longer one; what may be a secret's beginning at its end is
     *     masked
     */
    SecretScanner(String text, boolean cut) {
        this.text = text;
        this.cut = cut;
        this.safe = new StringBuilder(text.length());
    }

    /** Returns the text without secrets. */
    String masked() {
        while (at < text.length()) {
            if (!maskedHere()) {
                char next = text.charAt(at++);
                inUrl &= !endsUrl(next);
                safe.append(next);
            }
        }
        return safe.toString();
    }

    private boolean maskedHere() {
        return switch (text.charAt(at)) {
            case 'h' -> maskHubToken();
            case 'a' -> maskApiKey();
            case 'b', 'B' -> maskBearer();
            case ':' -> maskUserInformation();
            case '?', '#' -> maskQuery();
            default -> false;
        };
    }

    private boolean maskHubToken() {
        if (!beginsWord(HUB_TOKEN)) {
            return false;
        }
        int from = at + HUB_TOKEN.length();
        int end = end(from, SecretScanner::isAlphanumeric);
        if (!isLongEnough(from, end, SHORTEST_HUB_TOKEN)) {
            return false;
        }
        for (String word : NO_HUB_TOKENS) {
            if (text.startsWith(word, from)) {
                return false;
            }
        }
        return mask(HUB_TOKEN, end);
    }

    private boolean maskApiKey() {
        if (!beginsWord(API_KEY)) {
            return false;
        }
        int from = at + API_KEY.length();
        int end = end(from, c -> isAlphanumeric(c) || c == '_' || c == '-');
        return isLongEnough(from, end, SHORTEST_API_KEY) && mask(API_KEY, end);
    }

    private boolean maskBearer() {
        if (!beginsWord(BEARER)) {
            return false;
        }
        int word = at + BEARER.length();
        int from = end(word, SecretScanner::isSpace);
        if (from == word) {
            return false;
        }
        int end = end(from, c -> isAlphanumeric(c) || "._~+/=-".indexOf(c) >= 0);
        return isLongEnough(from, end, SHORTEST_BEARER) && mask(text.substring(at, word) + " ", end);
    }

    private boolean maskUserInformation() {
        if (!text.startsWith(AUTHORITY, at)) {
            return false;
        }
        int from = at + AUTHORITY.length();
        int end = end(from, c -> !isSpace(c) && "/\"'?#".indexOf(c) < 0);
        int last = end;
        while (last > from && (last == text.length() || text.charAt(last) != '@')) {
            last--;
        }
        inUrl = true;
        if (cut && end == text.length() && end > from) {
            return mask(AUTHORITY, end); // what follows may be an @
        }
        return last > from && mask(AUTHORITY, last);
    }

    private boolean maskQuery() {
        if (!inUrl) {
            return false;
        }
        int end = end(at + 1, c -> !endsUrl(c));
        return end > at + 1 && mask("?", end);
    }

    /** Writes a beginning that is no secret and a mask, and goes on at the end of the secret. */
    private boolean mask(String beginning, int end) {
        safe.append(beginning).append(MASK);
        at = end;
        return true;
    }

    private boolean beginsWord(String word) {
        return text.regionMatches(word.equals(BEARER), at, word, 0, word.length())
                && (at == 0 || !isAlphanumeric(text.charAt(at - 1)) && text.charAt(at - 1) != '_');
    }

    private boolean isLongEnough(int from, int end, int shortest) {
        return end - from >= shortest || cut && end == text.length();
    }

    private int end(int from, IntPredicate belongs) {
        int end = from;
        while (end < text.length() && belongs.test(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean endsUrl(int c) {
        return isSpace(c) || "\"'<>".indexOf(c) >= 0;
    }

    private static boolean isSpace(int c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    private static boolean isAlphanumeric(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
