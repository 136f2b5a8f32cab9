package dev.atelier.gateway.adapter.remote;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * From where an address can be reached, by the registries of special-purpose addresses (RFC 6890 and its successors).
 * Of IPv6, only the globally allocated 2000::/3 is public. An address that embeds an IPv4 address which a gateway on
 * the way would unpack is as far as that one; forms that nothing needs any more are closed.
 */
enum Reach {
    /** From anywhere. */
    PUBLIC,
    /** From this machine or a network of its owner. */
    PRIVATE,
    /** Nothing to fetch a file from, whoever asks: metadata services, link-local, multicast, reserved. */
    CLOSED;

    /** Metadata services and platform channels of clouds, outside of the link-local block that most of them use. */
    private static final List<AddressBlock> METADATA_BLOCKS = blocks(
            "100.100.100.200", // Alibaba Cloud
            "168.63.129.16", // Azure's wire server
            "192.0.0.192", // Oracle Cloud, classic
            "fd00:42::/32", // Scaleway
            "fd00:a9fe:a9fe::/48", // Akamai (Linode)
            "fd00:c1::/32", // Oracle Cloud
            "fd00:ec2::/32", // AWS: metadata, container credentials, name server, clock
            "fd20:ce::/48"); // Google Cloud

    private static final List<AddressBlock> CLOSED_BLOCKS = blocks(
            "0.0.0.0/8",
            "169.254.0.0/16", // link-local, with most metadata services
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4", // with the broadcast address
            "2001::/23", // Teredo (an address in disguise), benchmarks, ORCHID
            "2001:db8::/32",
            "2002::/16", // 6to4 (an address in disguise)
            "3fff::/20");
    private static final List<AddressBlock> PRIVATE_BLOCKS = blocks(
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "::1",
            "fc00::/7");
    private static final AddressBlock GLOBAL = AddressBlock.parse("2000::/3");
    private static final AddressBlock LINK_LOCAL = AddressBlock.parse("169.254.0.0/16");
    private static final AddressBlock NAT64 = AddressBlock.parse("64:ff9b::/96");
    private static final Set<String> CLOSED_NAMES = Set.of(
            "metadata",
            "metadata.google.internal",
            "metadata.goog",
            "metadata.azure.internal",
            "metadata.tencentyun.com",
            "metadata.packet.net",
            "metadata.platformequinix.com",
            "api.metadata.cloud.ibm.com",
            "instance-data",
            "instance-data.ec2.internal");

    private static List<AddressBlock> blocks(String... blocks) {
        return Stream.of(blocks).map(AddressBlock::parse).toList();
    }

    /** Returns where an address can be reached from. */
    static Reach of(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (NAT64.contains(address)) {
            return of(embedded(bytes));
        }
        if (CLOSED_BLOCKS.stream().anyMatch(block -> block.contains(address)) || isMetadata(address)) {
            return CLOSED;
        }
        if (PRIVATE_BLOCKS.stream().anyMatch(block -> block.contains(address))) {
            return PRIVATE;
        }
        return bytes.length == 4 || GLOBAL.contains(address) ? PUBLIC : CLOSED;
    }

    /**
     * Returns whether an address leads to a cloud's metadata service. An IPv6 address whose last four bytes are such an
     * IPv4 address counts whatever its prefix is: a network may translate addresses under a prefix of its own (RFC
     * 6052) or by ISATAP.
     */
    private static boolean isMetadata(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (METADATA_BLOCKS.stream().anyMatch(block -> block.contains(address))) {
            return true;
        }
        return bytes.length == 16
                && Stream.concat(Stream.of(LINK_LOCAL), METADATA_BLOCKS.stream())
                        .anyMatch(block -> block.contains(embedded(bytes)));
    }

    /** Returns what can be said of a name alone, which matters where a proxy resolves it. */
    static Reach of(String name) {
        if (CLOSED_NAMES.contains(name)) {
            return CLOSED;
        }
        return name.equals("localhost") || name.endsWith(".localhost") ? PRIVATE : PUBLIC;
    }

    private static InetAddress embedded(byte[] address) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(address, 12, 16));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }
}
