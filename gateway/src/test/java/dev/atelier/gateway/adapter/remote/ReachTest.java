package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
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
        assertEquals(Reach.PUBLIC, Reach.of("localhost.example.org"));
    }
}
