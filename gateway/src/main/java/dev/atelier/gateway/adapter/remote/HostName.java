package dev.atelier.gateway.adapter.remote;

import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host in the one spelling that is compared, resolved and sent: lower-case ASCII without a trailing dot. Spellings
 * that some readers take for an address and others for a name ({@code 2130706433}, {@code 0x7f.1}, {@code 127.1},
 * {@code 0177.0.0.1}) are refused, because a proxy or a resolver may read them otherwise than the one who checks.
 *
 * @param text the name or the address, an IPv6 address without brackets
 * @param literal the address, when that is what the host is
 */
record HostName(String text, @Nullable InetAddress literal) {
    private static final int MAX_LENGTH = 253;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");
    private static final Pattern NUMERIC = Pattern.compile("[0-9]+|0x[0-9a-f]*");
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern DOTTED_QUAD = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-fA-F:.]+]");
    // Readers of IDNA 2003 and 2008 take these for different names.
    private static final Pattern AMBIGUOUS = Pattern.compile("[\u00df\u03c2\u1e9e\u200c\u200d]");

    /**
     * Reads a host as it stands in a URL.
     *
     * @throws IllegalArgumentException for anything but a plain name or address
     */
    static HostName parse(String raw) {
        if (IPV6.matcher(raw).matches()) {
            InetAddress address = address(raw);
            return new HostName(address.getHostAddress(), address);
        }
        String ascii = ascii(raw);
        String host = ascii.endsWith(".") ? ascii.substring(0, ascii.length() - 1) : ascii;
        String[] labels = host.split("\\.", -1);
        for (String label : labels) {
            require(LABEL.matcher(label).matches());
        }
        require(host.length() <= MAX_LENGTH);
        if (!NUMERIC.matcher(labels[labels.length - 1]).matches()) {
            return new HostName(host, null);
        }
        require(DOTTED_QUAD.matcher(host).matches());
        return new HostName(host, address(host));
    }

    private static String ascii(String raw) {
        if (raw.chars().allMatch(c -> c < 0x80)) {
            return raw.toLowerCase(Locale.ROOT);
        }
        require(raw.length() <= MAX_LENGTH); // encoding takes time that grows with the square of the length
        require(!AMBIGUOUS.matcher(raw).find());
        return IDN.toASCII(raw, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
    }

    /** Reads an address; its form has been checked, so that nothing is looked up. */
    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address", e);
        }
    }

    private static void require(boolean plain) {
        if (!plain) {
            throw new IllegalArgumentException("not a plain host name");
        }
    }

    /** Returns whether this is that host or one under it. */
    boolean isWithin(String domain) {
        return text.equals(domain) || text.endsWith("." + domain);
    }

    /** Returns the host as it stands in a URL. */
    String inUrl() {
        return text.indexOf(':') >= 0 ? "[" + text + "]" : text;
    }
}
