package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReachTest {
    private static Reach reach(String literal) throws UnknownHostException {
        return Reach.of(InetAddress.getByName(literal));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "168.63.129.15",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2606:4700::1111",
                "2a00:1450::1",
                "2001:200::1",
                "64:ff9b::1.1.1.1"
            })
    void takesPublicAddresses(String literal) throws UnknownHostException {
        assertEquals(Reach.PUBLIC, reach(literal));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.0",
                "10.255.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.0.1",
                "198.18.0.1",
                "198.19.255.255",
                "::1",
                "fc00::1",
                "fd12:3456::1",
                "::ffff:127.0.0.1",
                "::ffff:10.1.2.3",
                "64:ff9b::10.0.0.1",
                "64:ff9b::7f00:1"
            })
    void knowsPrivateNetworksAndThisMachine(String literal) throws UnknownHostException {
        assertEquals(Reach.PRIVATE, reach(literal));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "100.100.100.200",
                "168.63.129.16",
                "169.254.0.1",
                "169.254.169.254",
                "169.254.170.2",
                "192.0.0.192",
                "192.0.2.1",
                "192.88.99.1",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::7f00:1",
                "::169.254.169.254",
                "::ffff:169.254.169.254",
                "::ffff:0:169.254.169.254",
                "64:ff9b::169.254.169.254",
                "64:ff9b:1::a00:1",
                "100::1",
                "2001::1",
                "2001:0:a9fe:a9fe::1",
                "2001:10::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "2002:a9fe:a9fe::1",
                "2002:101:101::1",
                "3fff::1",
                "5f00::1",
                "fd00:ec2::254",
                "fd20:ce::254",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1"
            })
    void closesWhatServesNoFiles(String literal) throws UnknownHostException {
        assertEquals(Reach.CLOSED, reach(literal));
    }

    @Test
    void isNotMisledByAMappedAddressThatStayedAnIpv6Address() throws UnknownHostException {
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xff;
        mapped[11] = (byte) 0xff;
        mapped[12] = 127;
        mapped[15] = 1;

        assertEquals(Reach.CLOSED, Reach.of(Inet6Address.getByAddress("x", mapped, -1)));
    }

    @Test
    void knowsNamesThatOnlyAProxyWouldResolve() {
        assertEquals(Reach.PRIVATE, Reach.of("localhost"));
        assertEquals(Reach.PRIVATE, Reach.of("a.localhost"));
        assertEquals(Reach.CLOSED, Reach.of("metadata.google.internal"));
        assertEquals(Reach.CLOSED, Reach.of("metadata.tencentyun.com"));
        assertEquals(Reach.CLOSED, Reach.of("api.metadata.cloud.ibm.com"));
        assertEquals(Reach.PUBLIC, Reach.of("localhost.example.org"));
    }

    /** The forms in which an IPv6 address may stand for an IPv4 address. */
    private static Stream<String> forms(String v4) {
        byte[] bytes = address(v4).getAddress();
        String hex = "%02x%02x:%02x%02x".formatted(bytes[0], bytes[1], bytes[2], bytes[3]);
        String inverted =
                "%02x%02x:%02x%02x".formatted(~bytes[0] & 0xff, ~bytes[1] & 0xff, ~bytes[2] & 0xff, ~bytes[3] & 0xff);
        return Stream.of(
                v4,
                "::" + hex,
                "::ffff:" + hex,
                "::ffff:0:" + hex,
                "64:ff9b::" + hex,
                "64:ff9b:1::" + hex,
                "fd12:3456:789a::" + hex,
                "2606:4700:64::" + hex,
                "2606:4700::5efe:" + hex,
                "fd12:3456::200:5efe:" + hex,
                "fe80::5efe:" + hex,
                "2002:" + hex + "::1",
                "2001:0:" + hex + "::1",
                "2001:0:4136:e378:8000:63bf:" + inverted);
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(literal, e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.170.2",
                "169.254.170.23",
                "100.100.100.200",
                "192.0.0.192",
                "168.63.129.16"
            })
    void closesMetadataAddressesInEveryForm(String v4) {
        assertEquals(
                List.of(),
                forms(v4)
                        .filter(form -> Reach.of(address(form)) != Reach.CLOSED)
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fe80::a9fe:a9fe",
                "fd00:ec2::254",
                "fd00:ec2::23",
                "fd00:ec2::253",
                "fd00:42::42",
                "fd00:a9fe:a9fe::1",
                "fd00:c1::a9fe:a9fe",
                "fd20:ce::254"
            })
    void closesTheMetadataAddressesOfIpv6(String literal) throws UnknownHostException {
        assertEquals(Reach.CLOSED, reach(literal));
    }
}
