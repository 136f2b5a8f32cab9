package dev.atelier.gateway.http.security;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Parses the header {@code Forwarded} of RFC 7239: elements by commas, each with parameters by semicolons. */
final class ForwardedHeader {
    private static final String SYMBOLS_OF_TOKENS = "!#$%&'*+-.^_`|~";
    /** IPv6 addresses and ports must be quoted; many proxies do not quote them. */
    private static final String ALSO_IN_VALUES = ":[]/@";

    private final String text;
    private int at;

    private ForwardedHeader(String text) {
        this.text = text;
    }

    /** Returns the parameters of each element, by lower-case name; empty when the header is malformed. */
    static Optional<List<Map<String, String>>> parse(String text) {
        try {
            return Optional.of(new ForwardedHeader(text).elements());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private List<Map<String, String>> elements() {
        List<Map<String, String>> elements = new ArrayList<>();
        Map<String, String> element = new HashMap<>();
        skipSpaces();
        while (at < text.length()) {
            char next = text.charAt(at);
            if (next == ',') {
                addTo(elements, element);
                element = new HashMap<>();
                at++;
            } else if (next == ';') {
                at++;
            } else {
                parameter(element);
            }
            skipSpaces();
        }
        addTo(elements, element);
        return elements;
    }

    private static void addTo(List<Map<String, String>> elements, Map<String, String> element) {
        if (!element.isEmpty()) {
            elements.add(element);
        }
    }

    private void parameter(Map<String, String> element) {
        String name = run("").toLowerCase(Locale.ROOT);
        skipSpaces();
        require(at < text.length() && text.charAt(at) == '=');
        at++;
        skipSpaces();
        String value = at < text.length() && text.charAt(at) == '"' ? quoted() : run(ALSO_IN_VALUES);
        require(element.put(name, value) == null);
        skipSpaces();
        require(at == text.length() || text.charAt(at) == ',' || text.charAt(at) == ';');
    }

    private String run(String further) {
        int start = at;
        while (at < text.length() && isPart(text.charAt(at), further)) {
            at++;
        }
        require(at > start);
        return text.substring(start, at);
    }

    private static boolean isPart(char c, String further) {
        return (c >= '0' && c <= '9')
                || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || SYMBOLS_OF_TOKENS.indexOf(c) >= 0
                || further.indexOf(c) >= 0;
    }

    private String quoted() {
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
            if (text.charAt(at) == '\\') {
                at++;
                require(at < text.length());
            }
            value.append(text.charAt(at));
        }
        require(at < text.length());
        at++;
        return value.toString();
    }

    private void skipSpaces() {
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
    }

    private static void require(boolean wellFormed) {
        if (!wellFormed) {
            throw new IllegalArgumentException("malformed Forwarded header");
        }
    }
}
