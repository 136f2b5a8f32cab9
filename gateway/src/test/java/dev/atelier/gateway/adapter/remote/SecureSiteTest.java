package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecureSiteTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(1000, 1);
    private static final List<String> SERVER_NAMES = new CopyOnWriteArrayList<>();

    private static Certificates certificates;
    private static Site site;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        certificates = Certificates.forModelsTest();
        site = Site.start(VERTX, certificates.server().setSni(true), "127.0.0.1", (number, request) -> {
            SERVER_NAMES.add(String.valueOf(request.connection().indicatedServerName()));
            request.response().end(Buffer.buffer(FILE));
        });
    }

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private Client client() throws IOException {
        return Client.in(folder)
                .allow(false, true)
                .trusting(TrustedAuthorities.with(certificates.authority()))
                .resolving(name -> new InetAddress[] {InetAddress.getByName("127.0.0.1")});
    }

    @Test
    void asksTheCheckedAddressUnderTheNameOfTheUrl() throws IOException {
        SERVER_NAMES.clear();

        assertArrayEquals(
                FILE, Client.bytes(client().open(VERTX), "https://models.test:" + site.port() + "/a.safetensors"));

        assertEquals(List.of("models.test"), SERVER_NAMES);
        assertEquals("models.test:" + site.port(), site.header(site.count(), "Host"));
    }

    @Test
    void refusesACertificateForAnotherNameAtOnce() throws IOException {
        PipelineException failure = Client.failure(
                client().open(VERTX), "https://other.test:" + site.port() + "/a", ErrorCode.LORA_DOWNLOAD_FAILED);

        assertTrue(failure.getMessage().contains("certificate is not trusted"), failure.getMessage());
        assertEquals(1, failure.details().get("tries"));
    }

    @Test
    void refusesAnAuthorityThatIsNotTrusted() throws IOException {
        PipelineException failure = Client.failure(
                client().trusting(TrustedAuthorities.JAVA).open(VERTX),
                "https://models.test:" + site.port() + "/a",
                ErrorCode.LORA_DOWNLOAD_FAILED);

        assertTrue(failure.getMessage().contains("certificate is not trusted"), failure.getMessage());
        assertFalse(failure.getMessage().contains("127.0.0.1"), failure.getMessage());
    }

    @Test
    void triesAgainWhereNoTlsIsSpoken() throws IOException {
        Site plain = Site.serving(VERTX, FILE);

        PipelineException failure = Client.failure(
                client().open(VERTX), "https://models.test:" + plain.port() + "/a", ErrorCode.LORA_DOWNLOAD_FAILED);

        assertEquals(3, failure.details().get("tries"));
        assertTrue(failure.getMessage().contains("no TLS connection"), failure.getMessage());
    }

    @Test
    void doesNotFollowARedirectToPlainHttp() throws IOException {
        Site plain = Site.serving(VERTX, FILE);
        Site secure = Site.start(
                VERTX,
                certificates.server(),
                "127.0.0.1",
                (number, request) -> request.response()
                        .setStatusCode(302)
                        .putHeader("Location", "http://models.test:" + plain.port() + "/a")
                        .end());

        Client.failure(
                client().open(VERTX), "https://models.test:" + secure.port() + "/a", ErrorCode.LORA_URL_NOT_ALLOWED);
        assertEquals(0, plain.count());
    }

    @Test
    void keepsJavasOwnAuthoritiesBesideTheGivenOnes() throws IOException {
        assertTrue(TrustedAuthorities.JAVA.size() > 0);
        assertEquals(
                TrustedAuthorities.JAVA.size() + 1,
                TrustedAuthorities.with(certificates.authority()).size());
    }

    @Test
    void readsAFileOfSeveralAuthorities() throws IOException, InterruptedException {
        Path second = Files.createDirectories(folder.resolve("second"));
        String both = Files.readString(certificates.authority()) + Files.readString(Certificates.authority(second));
        Path file = Files.writeString(folder.resolve("both.pem"), both);

        assertEquals(
                TrustedAuthorities.JAVA.size() + 2,
                TrustedAuthorities.with(file).size());
    }

    @Test
    void refusesAFileWithoutAuthorities() throws IOException {
        Path text = Files.writeString(folder.resolve("text.pem"), "no certificate");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");

        for (Path file : List.of(text, empty, folder.resolve("absent.pem"))) {
            IOException failure = assertThrows(IOException.class, () -> TrustedAuthorities.with(file));
            assertTrue(failure.getMessage().contains(file.getFileName().toString()), failure.getMessage());
        }
    }
}
