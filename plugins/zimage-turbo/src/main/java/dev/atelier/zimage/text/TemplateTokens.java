package dev.atelier.zimage.text;

import dev.atelier.zimage.text.TemplateValues.Unsupported;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tokens of an expression of a chat template, read one after the other. */
final class TemplateTokens {
    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(?:\"(?:[^\"\\\\]|\\\\.)*+\"|'(?:[^'\\\\]|\\\\.)*+'|\\d{1,9}|[A-Za-z_]\\w*+|[=!<>]=|[-+~<>()\\[\\].,:|=])",
            Pattern.DOTALL);
    private static final int MOST = 1000;

    private final String text;
    private final List<String> tokens = new ArrayList<>();
    private int at;

    TemplateTokens(String text) throws Unsupported {
        this.text = text;
        String rest = text.stripTrailing();
        Matcher token = TOKEN.matcher(rest);
        int from = 0;
        while (from < rest.length()) {
            token.region(from, rest.length());
            if (!token.lookingAt() || tokens.size() == MOST) {
                throw unsupported();
            }
            tokens.add(token.group().strip());
            from = token.end();
        }
    }

    boolean atEnd() {
        return at == tokens.size();
    }

    boolean peek(String token) {
        return at < tokens.size() && tokens.get(at).equals(token);
    }

    boolean peek(String token, String second) {
        return peek(token) && at + 1 < tokens.size() && tokens.get(at + 1).equals(second);
    }

    boolean peekAny(Set<String> wanted) {
        return at < tokens.size() && wanted.contains(tokens.get(at));
    }

    boolean take(String token) {
        boolean there = peek(token);
        at += there ? 1 : 0;
        return there;
    }

    String next() throws Unsupported {
        if (atEnd()) {
            throw unsupported();
        }
        return tokens.get(at++);
    }

    void expect(String token) throws Unsupported {
        if (!take(token)) {
            throw unsupported();
        }
    }

    Unsupported unsupported() {
        return new Unsupported(text);
    }

    /** Returns what a string in quotes stands for. */
    static String unquoted(String token) {
        StringBuilder plain = new StringBuilder();
        int at = 1;
        while (at < token.length() - 1) {
            char one = token.charAt(at);
            at++;
            if (one != '\\') {
                plain.append(one);
                continue;
            }
            char escaped = token.charAt(at);
            at++;
            plain.append(
                    switch (escaped) {
                        case 'n' -> "\n";
                        case 't' -> "\t";
                        case 'r' -> "\r";
                        case '\\', '\'', '"' -> String.valueOf(escaped);
                        default -> "\\" + escaped;
                    });
        }
        return plain.toString();
    }
}
