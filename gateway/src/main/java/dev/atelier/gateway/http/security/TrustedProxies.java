package dev.atelier.gateway.http.security;

import dev.atelier.gateway.adapter.remote.AddressBlock;
import io.netty.util.NetUtil;
import io.vertx.core.MultiMap;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The reverse proxies whose word counts. {@code X-Forwarded-*} and {@code Forwarded} are read in requests that come
 * from one of them, and ignored in all others. Each proxy appends to these headers, so they are read from the right:
 * the client is the first address that is no trusted proxy's, and the value that stands in the same place tells how
 * that client called. Malformed values are ignored, and so are values in which the two kinds of headers differ: a proxy
 * writes one kind and may pass on what a client wrote in the other.
 *
 * @param blocks their addresses
 */
public record TrustedProxies(List<AddressBlock> blocks) {
    /** Trusts no proxy. */
    public static final TrustedProxies NONE = new TrustedProxies(List.of());

    private static final int LONGEST_PREFIX = 256;
    private static final Pattern PREFIX = Pattern.compile("(?:/[A-Za-z0-9._~!$&'()*+;=:@-]++)++");
    private static final Pattern DOT_SEGMENT = Pattern.compile("/\\.{1,2}(/|$)");
    private static final Pattern PORT = Pattern.compile("(?::[0-9]{1,5})?");

    /** Copies the list. */
    public TrustedProxies {
        blocks = List.copyOf(blocks);
    }

    /**
     * Returns the facts of a request.
     *
     * @param peer the address that the connection comes from
     */
    public Forwarded read(String peer, MultiMap headers) {
        String known = address(peer).map(NetUtil::toAddressString).orElse(peer);
        if (!isTrusted(known)) {
            return Forwarded.direct(known);
        }
        Chain separate = separate(headers, known);
        Chain joint = joint(headers, known);
        return new Forwarded(
                agreed(separate.client, joint.client).orElse(known),
                agreed(separate.scheme, joint.scheme),
                agreed(separate.host, joint.host),
                separate.prefix);
    }

    /** The word of one kind of headers; what they do not tell is empty. */
    private record Chain(Optional<String> client, Optional<String> scheme, Optional<Authority> host, String prefix) {}

    private Chain separate(MultiMap headers, String peer) {
        List<String> hops = fromTheRight(headers, "X-Forwarded-For");
        List<Optional<String>> addresses =
                hops.stream().map(TrustedProxies::hopAddress).toList();
        int place = place(addresses);
        Function<String, @Nullable String> at = name -> {
            List<String> values = fromTheRight(headers, name);
            return values.isEmpty() ? null : values.get(Math.min(place, values.size() - 1));
        };
        return new Chain(
                client(addresses, place, peer),
                scheme(at.apply("X-Forwarded-Proto")),
                host(at.apply("X-Forwarded-Host")),
                prefix(at.apply("X-Forwarded-Prefix")));
    }

    private Chain joint(MultiMap headers, String peer) {
        List<Map<String, String>> elements =
                new ArrayList<>(ForwardedHeader.parse(String.join(",", headers.getAll("Forwarded")))
                        .orElse(List.of()));
        Collections.reverse(elements);
        List<Optional<String>> addresses = elements.stream()
                .map(element -> hopAddress(element.getOrDefault("for", "")))
                .toList();
        int place = place(addresses);
        Map<String, String> element = elements.isEmpty() ? Map.of() : elements.get(place);
        return new Chain(client(addresses, place, peer), scheme(element.get("proto")), host(element.get("host")), "");
    }

    private static List<String> fromTheRight(MultiMap headers, String name) {
        List<String> values = new ArrayList<>();
        for (String line : headers.getAll(name)) {
            Arrays.stream(line.split(","))
                    .map(String::strip)
                    .filter(value -> !value.isEmpty())
                    .forEach(values::add);
        }
        Collections.reverse(values);
        return values;
    }

    /**
     * Returns the place of the hop that stands for the client: the first whose address is no trusted proxy's or cannot
     * be read, else the last.
     */
    private int place(List<Optional<String>> addresses) {
        int place = 0;
        while (place < addresses.size() - 1
                && addresses.get(place).filter(this::isTrusted).isPresent()) {
            place++;
        }
        return place;
    }

    /** Returns the address at a place; where that cannot be read, the proxy that wrote it stands for its clients. */
    private static Optional<String> client(List<Optional<String>> addresses, int place, String peer) {
        if (addresses.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> writer = place == 0 ? Optional.of(peer) : addresses.get(place - 1);
        return addresses.get(place).or(() -> writer);
    }

    private static <T> Optional<T> agreed(Optional<T> one, Optional<T> other) {
        if (one.isPresent() && other.isPresent()) {
            return one.equals(other) ? one : Optional.empty();
        }
        return one.or(() -> other);
    }

    private boolean isTrusted(String address) {
        return !blocks.isEmpty()
                && address(address)
                        .filter(parsed -> blocks.stream().anyMatch(block -> block.contains(parsed)))
                        .isPresent();
    }

    /** Reads an address, in which an IPv4 address may be written as an IPv6 address; looks nothing up. */
    private static Optional<InetAddress> address(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return bytes == null ? Optional.empty() : Optional.of(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Reads the address of a hop: with or without brackets and a port. */
    private static Optional<String> hopAddress(String hop) {
        String host = hop;
        String rest = "";
        int end = hop.startsWith("[") ? hop.indexOf(']') : hop.indexOf(':');
        if (hop.startsWith("[")) {
            host = end < 0 ? "" : hop.substring(1, end);
            rest = end < 0 ? "" : hop.substring(end + 1);
        } else if (end >= 0 && end == hop.lastIndexOf(':')) {
            host = hop.substring(0, end);
            rest = hop.substring(end);
        }
        return PORT.matcher(rest).matches() ? address(host).map(NetUtil::toAddressString) : Optional.empty();
    }

    private static Optional<String> scheme(@Nullable String value) {
        return Optional.ofNullable(value)
                .map(text -> text.toLowerCase(Locale.ROOT))
                .filter(Set.of("http", "https")::contains);
    }

    private static Optional<Authority> host(@Nullable String value) {
        return Optional.ofNullable(value).flatMap(Authority::parse);
    }

    private static String prefix(@Nullable String value) {
        if (value == null || value.length() > LONGEST_PREFIX) {
            return "";
        }
        String prefix = value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
        return PREFIX.matcher(prefix).matches() && !DOT_SEGMENT.matcher(prefix).find() ? prefix : "";
    }
}
