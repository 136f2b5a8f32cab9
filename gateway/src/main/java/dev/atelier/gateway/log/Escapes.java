package dev.atelier.gateway.log;

/**
 * Makes control characters of untrusted text visible. A terminal or a log viewer that receives them would act on them:
 * move the cursor, hide or reorder text, or show one line as two.
 */
final class Escapes {
    private static final char REPLACEMENT = '\ufffd';

    private Escapes() {}

    /**
     * Returns the text with every character that is not shown as itself written as a Unicode escape of four hexadecimal
     * digits: control characters (C0 but for the tab, DEL, C1), format characters (bidirectional overrides, joiners,
     * tags), line and paragraph separators. A line feed and a carriage return become {@code \n} and {@code \r}; half of
     * a surrogate pair becomes U+FFFD. JSON text keeps its meaning.
     */
    static String of(String text) {
        int plain = 0;
        while (plain < text.length() && isPlain(text.charAt(plain))) {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        StringBuilder escaped = new StringBuilder(text.length() + 16).append(text, 0, plain);
        for (int i = plain; i < text.length(); ) {
            int point = text.codePointAt(i);
            append(escaped, point);
            i += Character.charCount(point);
        }
        return escaped.toString();
    }

    private static boolean isPlain(char c) {
        return c >= ' ' && c < 0x7f;
    }

    private static void append(StringBuilder escaped, int point) {
        switch (point) {
            case '\t' -> escaped.append('\t');
            case '\n' -> escaped.append("\\n");
            case '\r' -> escaped.append("\\r");
            default -> {
                switch (Character.getType(point)) {
                    case Character.SURROGATE -> escaped.append(REPLACEMENT);
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR -> {
                        for (char unit : Character.toChars(point)) {
                            escaped.append("\\u%04x".formatted((int) unit));
                        }
                    }
                    default -> escaped.appendCodePoint(point);
                }
            }
        }
    }
}
