package dev.atelier.gateway;

import java.util.List;
import java.util.Random;

/** Texts of any length that have brought readers of texts to their knees, or might. */
enum HostileText {
    DOTTED_WORDS("a.", "://"),
    SCHEMES("a://", ""),
    MARKS_BEHIND_A_SCHEME("?", "://"),
    AUTHORITIES("x://y", ""),
    AT_SIGNS("@", ""),
    ALMOST_TOKENS("hf_token", ""),
    ALMOST_KEYS("atl-a ", ""),
    ALMOST_BEARERS("bearer.", ""),
    BEARERS_AND_SPACES("bearer ", ""),
    TRIGGERS("[trigger]", ""),
    DIGITS("1", ""),
    SPACES(" ", "x"),
    COMMAS("wait=,", "\""),
    SLASHES("/", ""),
    CLIMBS("../", ""),
    HUB_NAME("hf://a/b@", "/c"),
    PERCENTS("%", "zz"),
    DASHES("-", ""),
    QUOTES("\"\\", ""),
    WIDE("\u00e9\ud83d\ude00", ""),
    HOST("https://\u4e2d", "/f.safetensors");

    private static final List<String> ALPHABETS = List.of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789 .,:;/?#@%&=+-_~'\"<>(){}[]\\|!$^*`", "a.:/@?# -_=\"", ":/");

    /** How many kinds of random texts there are. */
    static final int RANDOM = ALPHABETS.size();

    private final String repeated;
    private final String end;

    HostileText(String repeated, String end) {
        this.repeated = repeated;
        this.end = end;
    }

    /** Returns a text of about this length. */
    String ofLength(int length) {
        String start = this == HOST ? "https://" : this == HUB_NAME ? "hf://a/b@" : "";
        String again = this == HOST ? "\u4e2d\u6587" : this == HUB_NAME ? "@r" : repeated;
        return start + again.repeat(Math.max(1, (length - start.length() - end.length()) / again.length())) + end;
    }

    /** Returns a random text of this length; the kinds draw from different characters. */
    static String random(int kind, int length) {
        String alphabet = ALPHABETS.get(kind);
        Random random = new Random(length);
        StringBuilder text = new StringBuilder(length);
        while (text.length() < length) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
