package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(1000, 1);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    /** Answers each question otherwise, and remembers them. */
    private static final class Rebinding implements HostResolver {
        private final List<String> asked = new CopyOnWriteArrayList<>();
        private final String[][] answers;

        private Rebinding(String[]... answers) {
            this.answers = answers;
        }

        @Override
        public InetAddress[] resolve(String name) throws UnknownHostException {
            asked.add(name);
            String[] answer = answers[Math.min(asked.size(), answers.length) - 1];
            InetAddress[] addresses = new InetAddress[answer.length];
            for (int i = 0; i < answer.length; i++) {
                addresses[i] = InetAddress.getByName(answer[i]);
            }
            return addresses;
        }
    }

    private void assertRefused(RemoteFiles files, String url) {
        PipelineException failure = Client.failure(files, url, ErrorCode.LORA_URL_NOT_ALLOWED);
        assertEquals(
                "LoRA URL not allowed: " + RemoteFiles.name(url) + ": its host is unknown or not allowed",
                failure.getMessage());
    }

    @Test
    void refusesThisMachineAndPrivateNetworksByDefault() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).allow(true, false).open(VERTX);

        assertRefused(files, site.url("/a.safetensors?sig=s"));
        assertRefused(files, "http://localhost:" + site.port() + "/a.safetensors");
        assertRefused(files, "http://[::1]:" + site.port() + "/a.safetensors");
        assertRefused(files, "http://[::ffff:127.0.0.1]:" + site.port() + "/a.safetensors");
        assertRefused(files, "https://10.0.0.1/a.safetensors");
        assertRefused(files, "https://any.localhost/a.safetensors");
        assertEquals(0, site.count());
        assertEquals(List.of(), Client.in(folder).cached());
    }

    @Test
    void refusesMetadataServicesEvenWherePrivateNetworksAreAllowed() {
        RemoteFiles files = Client.in(folder).open(VERTX);

        assertRefused(files, "http://169.254.169.254/latest/meta-data/");
        assertRefused(files, "http://100.100.100.200/");
        assertRefused(files, "http://[fd00:ec2::254]/");
        assertRefused(files, "http://metadata.google.internal/");
    }

    @Test
    void refusesAHostOfWhichOneAddressIsNotPublic() {
        Rebinding resolver = new Rebinding(new String[] {"1.1.1.1", "2606:4700::1", "10.0.0.1"});

        assertRefused(Client.in(folder).allow(true, false).resolving(resolver).open(VERTX), "https://mixed.test/a");
        assertEquals(List.of("mixed.test"), resolver.asked);
    }

    @Test
    void connectsToTheAddressThatWasCheckedWhateverTheNameMeansAfterwards() {
        Site checked = Site.serving(VERTX, FILE);
        Site rebound = Site.start(
                VERTX,
                new HttpServerOptions().setPort(checked.port()),
                "127.0.0.2",
                (number, request) -> request.response().end("from the wrong server"));
        Rebinding resolver = new Rebinding(new String[] {"127.0.0.1"}, new String[] {"127.0.0.2"});
        RemoteFiles files = Client.in(folder).resolving(resolver).open(VERTX);

        assertArrayEquals(FILE, Client.bytes(files, "http://rebind.test:" + checked.port() + "/a.safetensors"));

        assertEquals(List.of("rebind.test"), resolver.asked);
        assertEquals(1, checked.count());
        assertEquals(0, rebound.count());
        assertEquals("rebind.test:" + checked.port(), checked.header(1, "Host"));
    }

    @Test
    void checksTheAddressesAgainForEachRedirectAndEachTry() {
        Site site = Site.start(
                VERTX,
                (number, request) -> request.response()
                        .setStatusCode(302)
                        .putHeader("Location", "/again")
                        .end());
        Rebinding redirected = new Rebinding(new String[] {"127.0.0.1"}, new String[] {"169.254.169.254"});

        assertRefused(Client.in(folder).resolving(redirected).open(VERTX), "http://rebind.test:" + site.port() + "/a");
        assertEquals(1, site.count());
        assertEquals(2, redirected.asked.size());

        Site failing = Site.start(
                VERTX,
                (number, request) -> request.response().setStatusCode(503).end());
        Rebinding retried = new Rebinding(new String[] {"127.0.0.1"}, new String[] {"0.0.0.0"});

        assertRefused(Client.in(folder).resolving(retried).open(VERTX), "http://rebind.test:" + failing.port() + "/a");
        assertEquals(1, failing.count());
    }

    @Test
    void takesTheNextAddressWhenOneDoesNotAnswer() {
        Site site = Site.serving(VERTX, FILE);
        Rebinding resolver = new Rebinding(new String[] {"127.0.0.9", "127.0.0.1"});

        assertArrayEquals(
                FILE,
                Client.bytes(
                        Client.in(folder).resolving(resolver).open(VERTX),
                        "http://two.test:" + site.port() + "/a.safetensors"));
        assertEquals(2, resolver.asked.size());
    }

    @Test
    void asksNamesAsTheyAreComparedWithoutTheDotAtTheirEnd() {
        Site site = Site.serving(VERTX, FILE);
        Rebinding resolver = new Rebinding(new String[] {"127.0.0.1"});

        Client.bytes(
                Client.in(folder)
                        .allow(true, true, "models.test")
                        .resolving(resolver)
                        .open(VERTX),
                "http://Models.TEST.:" + site.port() + "/a.safetensors");

        assertEquals(List.of("models.test"), resolver.asked);
        assertEquals("models.test:" + site.port(), site.header(1, "Host"));
    }

    @Test
    void reachesAnIpv6Address() {
        Site site;
        try {
            site = Site.start(
                    VERTX,
                    new HttpServerOptions().setPort(0),
                    "::1",
                    (number, request) -> request.response().end(Buffer.buffer(FILE)));
        } catch (RuntimeException e) {
            Assumptions.abort("this machine has no IPv6");
            return;
        }

        assertArrayEquals(
                FILE, Client.bytes(Client.in(folder).open(VERTX), "http://[::1]:" + site.port() + "/a.safetensors"));
        assertTrue(site.header(1, "Host").startsWith("["), site.header(1, "Host"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"models.test", "*.models.test", "*.test", "MODELS.test"})
    void asksOnlyListedHosts(String listed) {
        Site site = Site.serving(VERTX, FILE);
        Rebinding resolver = new Rebinding(new String[] {"127.0.0.1"});
        RemoteFiles files = Client.in(folder)
                .allow(true, true, "other.test", listed)
                .resolving(resolver)
                .open(VERTX);
        boolean suffix = listed.startsWith("*.");

        String asked = "http://" + (suffix ? "a.models.test:" : "models.test:") + site.port() + "/a.safetensors";
        assertArrayEquals(FILE, Client.bytes(files, asked));
        assertRefused(files, "http://evilmodels.testing:" + site.port() + "/a");
        assertRefused(files, "http://127.0.0.1:" + site.port() + "/a");
        if (!suffix) {
            assertRefused(files, "http://a.models.test:" + site.port() + "/a");
        }
        if (listed.equals("*.models.test")) {
            assertRefused(files, "http://models.test:" + site.port() + "/a");
            assertRefused(files, "http://evilmodels.test:" + site.port() + "/a");
        }
        assertEquals(1, site.count());
    }

    @Test
    void doesNotResolveHostsThatAreNotListed() {
        Rebinding resolver = new Rebinding(new String[] {"1.1.1.1"});

        assertRefused(
                Client.in(folder)
                        .allow(true, false, "models.test")
                        .resolving(resolver)
                        .open(VERTX),
                "https://other.test/a");
        assertEquals(List.of(), resolver.asked);
    }

    @Test
    void refusesPlainHttpUnlessItIsAllowedAndSaysSo() {
        Site site = Site.serving(VERTX, FILE);

        PipelineException failure = Client.failure(
                Client.in(folder).allow(false, true).open(VERTX), site.url("/a"), ErrorCode.LORA_URL_NOT_ALLOWED);

        assertTrue(failure.getMessage().contains("use https"), failure.getMessage());
        assertEquals(0, site.count());
        assertFalse(failure.details().containsKey("status"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.170.2",
                "169.254.170.23",
                "169.254.42.42",
                "169.254.0.23",
                "100.100.100.200",
                "192.0.0.192",
                "168.63.129.16",
                "fe80::a9fe:a9fe",
                "fd00:ec2::254",
                "fd00:ec2::23",
                "fd00:42::42",
                "fd00:a9fe:a9fe::1",
                "fd00:c1::a9fe:a9fe",
                "fd20:ce::254"
            })
    void keepsMetadataServicesClosedByAddressAndByNameWithPrivateNetworksAllowed(String address) {
        Rebinding resolver = new Rebinding(new String[] {address});
        RemoteFiles files = Client.in(folder).resolving(resolver).open(VERTX);

        assertRefused(files, "http://any-name.test/latest/meta-data/");
        assertRefused(files, "http://" + (address.indexOf(':') < 0 ? address : "[" + address + "]") + "/");
        assertEquals(List.of("any-name.test"), resolver.asked);
    }
}
