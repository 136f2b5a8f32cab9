package dev.atelier.gateway.http.security;

import io.netty.util.NetUtil;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A host and maybe a port, as a {@code Host} header carries them.
 *
 * @param host a lower-case name without a dot at its end, an IPv4 address, or an IPv6 address without brackets
 * @param port the port; empty for the scheme's default
 */
public record Authority(String host, Optional<Integer> port) {
    private static final int LONGEST = 255;
    private static final int LARGEST_PORT = 65_535;
    /** Underscores are no part of DNS host names, but container runtimes use them. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*+\\.?");

    private static final Pattern PORT = Pattern.compile(":[0-9]{0,5}");

    /** Parses an authority without user information; empty for anything else. */
    public static Optional<Authority> parse(String text) {
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        int end = text.startsWith("[") ? text.indexOf(']') + 1 : text.indexOf(':');
        String host = end < 0 ? text : text.substring(0, end);
        Optional<String> name = host.startsWith("[") ? ipv6(host) : name(host);
        String rest = text.substring(host.length());
        if (name.isEmpty() || !(rest.isEmpty() || PORT.matcher(rest).matches())) {
            return Optional.empty();
        }
        Optional<Integer> port =
                rest.length() < 2 ? Optional.empty() : Optional.of(Integer.parseInt(rest, 1, rest.length(), 10));
        return port.filter(number -> number > LARGEST_PORT).isPresent()
                ? Optional.empty()
                : Optional.of(new Authority(name.get(), port));
    }

    private static Optional<String> ipv6(String bracketed) {
        String address = bracketed.length() < 2 ? "" : bracketed.substring(1, bracketed.length() - 1);
        return address.startsWith("[") || !NetUtil.isValidIpV6Address(address)
                ? Optional.empty()
                : Optional.of(address.toLowerCase(Locale.ROOT));
    }

    private static Optional<String> name(String host) {
        if (!NAME.matcher(host).matches()) {
            return Optional.empty();
        }
        String lower = host.toLowerCase(Locale.ROOT);
        return Optional.of(lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower);
    }

    /** Returns whether the host is an address, which no DNS answer can point elsewhere. */
    public boolean isAddress() {
        return host.indexOf(':') >= 0 || NetUtil.isValidIpV4Address(host);
    }

    /** Returns the text that a URL carries. */
    public String text() {
        String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return name + port.map(number -> ":" + number).orElse("");
    }

    /** Returns the same host on the port that a scheme stands for, where none is given. */
    public Authority withDefaultPort(String scheme) {
        return port.isPresent() ? this : new Authority(host, Optional.of(scheme.equals("https") ? 443 : 80));
    }
}
