package dev.atelier.gateway.adapter.remote;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An http or https URL, taken apart once: what is checked is what is asked for, so that no second reader can see
 * another host in it.
 *
 * @param scheme {@code http} or {@code https}
 * @param host the host
 * @param port the port, also where the URL names none
 * @param path the path, percent-encoded, from its first slash
 * @param query the query with its question mark; empty for none. May hold a signature: never shown
 */
record RemoteUrl(String scheme, HostName host, int port, String path, String query) {
    private static final Pattern PARTS =
            Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\\?[^#]*)?(#.*)?", Pattern.DOTALL);
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[^\\]]*]|[^:\\[\\]]*)(?::([0-9]{0,5}))?");
    private static final Pattern HAS_SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*", Pattern.DOTALL);
    private static final String PATH_CHARACTERS = "-._~!$&'()*+,;=:@/";
    private static final String QUERY_CHARACTERS = PATH_CHARACTERS + "?[]{}|^`";
    private static final int MAX_LENGTH = 16_384;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /**
     * Reads an absolute URL. Characters that a URL must not hold, as pasted names of files often do, are encoded.
     *
     * @throws dev.atelier.plugin.PipelineException LORA_URL_NOT_ALLOWED for all that is no plain http or https URL
     */
    static RemoteUrl parse(String text) {
        Matcher parts = PARTS.matcher(text);
        if (text.length() > MAX_LENGTH || text.indexOf('\\') >= 0 || !parts.matches()) {
            throw Failures.refused(text, "it is not a plain URL");
        }
        String scheme = parts.group(1).toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            throw Failures.refused(text, "only https and http URLs are fetched");
        }
        if (parts.group(2).indexOf('@') >= 0) {
            throw Failures.refused(text, "it must not carry a user name or password");
        }
        try {
            Matcher authority = AUTHORITY.matcher(parts.group(2));
            if (!authority.matches()) {
                throw new IllegalArgumentException("no such authority");
            }
            HostName host = HostName.parse(authority.group(1));
            int port = port(authority.group(2), scheme);
            String path = parts.group(3).isEmpty() ? "/" : encode(parts.group(3), PATH_CHARACTERS);
            String query = parts.group(4) == null ? "" : encode(parts.group(4), QUERY_CHARACTERS);
            return new RemoteUrl(scheme, host, port, path, query);
        } catch (IllegalArgumentException e) {
            throw Failures.refused(text, "it is not a plain URL");
        }
    }

    private static int port(@Nullable String digits, String scheme) {
        if (digits == null || digits.isEmpty()) {
            return defaultPort(scheme);
        }
        int port = Integer.parseInt(digits);
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("no such port");
        }
        return port;
    }

    private static int defaultPort(String scheme) {
        return scheme.equals("https") ? 443 : 80;
    }

    /** Encodes what must not stand in a URL, and leaves what is encoded already. */
    static String encode(String text, String allowed) {
        StringBuilder encoded = new StringBuilder();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            int b = bytes[i] & 0xff;
            if (b < 0x20 || b == 0x7f) {
                throw new IllegalArgumentException("a control character");
            }
            if (b < 0x80 && (Character.isLetterOrDigit(b) || allowed.indexOf(b) >= 0 || isEscape(bytes, i))) {
                encoded.append((char) b);
            } else {
                encoded.append('%').append(HEX.toHexDigits((byte) b));
            }
        }
        return encoded.toString();
    }

    private static boolean isEscape(byte[] bytes, int i) {
        return bytes[i] == '%'
                && i + 2 < bytes.length
                && Character.digit(bytes[i + 1], 16) >= 0
                && Character.digit(bytes[i + 2], 16) >= 0;
    }

    /**
     * Returns where a redirect from here leads.
     *
     * @throws dev.atelier.plugin.PipelineException LORA_URL_NOT_ALLOWED when that is no plain http or https URL
     */
    RemoteUrl resolve(String location) {
        if (HAS_SCHEME.matcher(location).matches()) {
            return parse(location);
        }
        if (location.startsWith("//")) {
            return parse(scheme + ":" + location);
        }
        if (location.startsWith("/")) {
            return parse(origin() + location);
        }
        if (location.startsWith("?")) {
            return parse(origin() + path + location);
        }
        RemoteUrl beside = parse(origin() + path.substring(0, path.lastIndexOf('/') + 1) + location);
        String plain = URI.create(beside.path).normalize().getRawPath();
        return new RemoteUrl(scheme, host, port, plain, beside.query);
    }

    /** Returns scheme, host and port, the port where it is not the scheme's own. */
    String origin() {
        return scheme + "://" + authority();
    }

    /** Returns host and port as the Host header has them. */
    String authority() {
        return port == defaultPort(scheme) ? host.inUrl() : host.inUrl() + ":" + port;
    }

    /** Returns what is asked for. */
    String target() {
        return path + query;
    }

    /** Returns whether TLS is spoken. */
    boolean isSecure() {
        return scheme.equals("https");
    }

    /** Returns the URL without its query, for messages. */
    String shown() {
        return origin() + path;
    }

    /** Returns the URL without its query. */
    @Override
    public String toString() {
        return shown();
    }
}
