package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(300_000, 1);

    private static Certificates certificates;
    private static Site secure;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        certificates = Certificates.forModelsTest();
        secure = Site.start(
                VERTX,
                certificates.server(),
                "127.0.0.1",
                (number, request) -> request.response().end(Buffer.buffer(FILE)));
    }

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private static HostResolver always(String address) {
        return name -> new InetAddress[] {InetAddress.getByName(address)};
    }

    /** A client of a network that knows no outer names. */
    private Client client(TunnelProxy proxy, String... direct) throws IOException {
        Optional<String> address = Optional.of("http://me:p%40ss@127.0.0.1:" + proxy.port());
        return Client.in(folder)
                .through(new ProxyRules(address, address, List.of(direct)))
                .trusting(TrustedAuthorities.with(certificates.authority()))
                .resolving(name -> {
                    throw new UnknownHostException(name);
                });
    }

    @Test
    void connectsThroughTheProxyWhichResolvesTheName() throws IOException {
        TunnelProxy proxy = TunnelProxy.start(VERTX, secure.port());

        assertArrayEquals(
                FILE,
                Client.bytes(client(proxy).allow(false, false).open(VERTX), "https://models.test:8443/a.safetensors"));

        assertEquals(List.of("CONNECT models.test:8443 HTTP/1.1"), proxy.requests());
        assertEquals(List.of("Basic bWU6cEBzcw=="), proxy.logins());
    }

    @Test
    void asksTheProxyForPlainHttpWithTheWholeUrl() {
        Site proxy = Site.serving(VERTX, FILE);
        Optional<String> address = Optional.of("http://127.0.0.1:" + proxy.port());
        RemoteFiles files = Client.in(folder)
                .allow(true, false)
                .through(new ProxyRules(address, Optional.empty(), List.of()))
                .resolving(always("1.1.1.1"))
                .open(VERTX);

        assertArrayEquals(FILE, Client.bytes(files, "http://models.test/a.safetensors?x=1"));

        assertEquals("http://models.test/a.safetensors?x=1", proxy.target(1));
        assertEquals("models.test", proxy.header(1, "Host"));
    }

    @Test
    void asksTheHostsOfTheExceptionsDirectly() throws IOException {
        TunnelProxy proxy = TunnelProxy.start(VERTX, secure.port());
        RemoteFiles files =
                client(proxy, ".test").resolving(always("127.0.0.1")).open(VERTX);

        assertArrayEquals(FILE, Client.bytes(files, "https://models.test:" + secure.port() + "/a.safetensors"));
        assertEquals(List.of(), proxy.requests());
    }

    @Test
    void refusesWhatItCanTellWithoutTheProxy() throws IOException {
        TunnelProxy proxy = TunnelProxy.start(VERTX, secure.port());
        RemoteFiles files = client(proxy).allow(false, false).open(VERTX);

        for (String url : List.of(
                "https://169.254.169.254/a",
                "https://127.0.0.1/a",
                "https://10.0.0.1/a",
                "https://localhost/a",
                "https://metadata.google.internal/a",
                "https://2130706433/a",
                "https://0x7f.1/a")) {
            Client.failure(files, url, ErrorCode.LORA_URL_NOT_ALLOWED);
        }
        Client.failure(
                client(proxy).allow(false, false).resolving(always("10.0.0.1")).open(VERTX),
                "https://intranet.test/a",
                ErrorCode.LORA_URL_NOT_ALLOWED);
        assertEquals(List.of(), proxy.requests());
    }

    @Test
    void saysThatTheProxyRefusedWithoutItsAddressAndPassword() throws IOException {
        TunnelProxy proxy = TunnelProxy.refusing(VERTX);

        PipelineException failure = Client.failure(
                client(proxy).open(VERTX), "https://models.test/a.safetensors", ErrorCode.LORA_DOWNLOAD_FAILED);

        assertTrue(failure.getMessage().contains("the proxy made no connection"), failure.getMessage());
        assertFalse(failure.getMessage().contains("127.0.0.1"), failure.getMessage());
        assertFalse(failure.getMessage().contains("p@ss"), failure.getMessage());
        assertEquals(3, proxy.requests().size());
    }

    @Test
    void failsWhenTheProxyIsNotThere() throws IOException {
        RawServer gone = new RawServer((number, request, out) -> {});
        gone.close();
        Optional<String> address = Optional.of(gone.url(""));
        RemoteFiles files = Client.in(folder)
                .through(new ProxyRules(address, address, List.of()))
                .resolving(always("1.1.1.1"))
                .open(VERTX);

        Client.failure(files, "https://models.test/a", ErrorCode.LORA_DOWNLOAD_FAILED);
        Client.failure(files, "http://models.test/a", ErrorCode.LORA_DOWNLOAD_FAILED);
    }
}
