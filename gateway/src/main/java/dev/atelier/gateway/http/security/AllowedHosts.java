package dev.atelier.gateway.http.security;

import java.util.List;
import java.util.function.Predicate;

/**
 * Hosts under which this server may be called. A page whose name an attacker rebinds to this server's address arrives
 * under that name, which always has a dot: addresses and names without a dot are safe, other names must be known.
 *
 * @param patterns further hosts: a name, an address, {@code *.suffix} for the names below a suffix, {@code *} for any
 * @param own whether a name is one of this machine's
 */
public record AllowedHosts(List<String> patterns, Predicate<String> own) {
    private static final String BELOW = "*.";

    /** Copies the list. */
    public AllowedHosts {
        patterns = List.copyOf(patterns);
    }

    /**
     * Returns a pattern in the spelling that is compared.
     *
     * @throws IllegalArgumentException for anything but a name, an address, {@code *.SUFFIX} or {@code *}
     */
    public static String requirePattern(String text) {
        if (text.equals("*")) {
            return text;
        }
        String prefix = text.startsWith(BELOW) ? BELOW : "";
        String host = text.substring(prefix.length());
        boolean bareIpv6 = prefix.isEmpty() && host.indexOf(':') != host.lastIndexOf(':') && !host.startsWith("[");
        return prefix
                + Authority.parse(bareIpv6 ? "[" + host + "]" : host)
                        .filter(authority -> authority.port().isEmpty() && !host.endsWith(":"))
                        .orElseThrow(() -> new IllegalArgumentException("not a host without a port: " + text))
                        .host();
    }

    /** Returns whether this server may be called under a host. */
    public boolean allows(Authority authority) {
        String host = authority.host();
        return authority.isAddress()
                || host.indexOf('.') < 0
                || own.test(host)
                || patterns.stream().anyMatch(pattern -> matches(pattern, host));
    }

    private static boolean matches(String pattern, String host) {
        return pattern.equals("*")
                || (pattern.startsWith(BELOW) ? host.endsWith(pattern.substring(1)) : host.equals(pattern));
    }
}
