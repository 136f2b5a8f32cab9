package dev.atelier.gateway.adapter.remote;

import java.net.InetAddress;
import java.util.regex.Pattern;

/** A block of addresses in prefix notation, such as {@code 10.0.0.0/8} or {@code fc00::/7}. */
public final class AddressBlock {
    private static final Pattern ADDRESS = Pattern.compile("[0-9]+(\\.[0-9]+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    private final byte[] prefix;
    private final int bits;

    private AddressBlock(byte[] prefix, int bits) {
        this.prefix = prefix;
        this.bits = bits;
    }

    /**
     * Reads a block, or a single address.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static AddressBlock parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        if (!ADDRESS.matcher(address).matches()) {
            throw new IllegalArgumentException("not an address block: " + text);
        }
        InetAddress literal = HostName.parse(address.indexOf(':') >= 0 ? "[" + address + "]" : address)
                .literal();
        byte[] prefix = literal == null ? new byte[0] : literal.getAddress();
        int bits = slash < 0 ? prefix.length * 8 : Integer.parseInt(text.substring(slash + 1));
        if (bits < 0 || bits > prefix.length * 8) {
            throw new IllegalArgumentException("not an address block: " + text);
        }
        return new AddressBlock(prefix, bits);
    }

    /** Returns whether an address lies in the block. */
    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != prefix.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit & 7);
            if ((bytes[bit >> 3] & mask) != (prefix[bit >> 3] & mask)) {
                return false;
            }
        }
        return true;
    }
}
