package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gateways that share a cache folder: in one process, and in several. */
class SharedCacheTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(300_000, 1);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    /** Another gateway: fetches files into the shared folder, holds the last, and ends with its input. */
    static final class OtherGateway {
        private OtherGateway() {}

        public static void main(String[] arguments) throws IOException {
            Vertx vertx = Vertx.vertx();
            RemoteFiles files = Client.in(Path.of(arguments[0])).open(vertx);
            for (int i = 1; i < arguments.length; i++) {
                RemoteFile file = Client.fetch(files, arguments[i]).await();
                Safetensors.check(file.path());
            }
            System.out.println("holds it");
            while (System.in.read() >= 0) {
                // until the test is done
            }
            vertx.close().await();
        }
    }

    private Process otherGateway(String... urls) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                OtherGateway.class.getName(),
                folder.toString()));
        command.addAll(List.of(urls));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void keepsWhatAnotherProcessUses() throws Exception {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).bounds(1 << 20, FILE.length).open(VERTX);
        Process other = otherGateway(site.url("/a.safetensors"));
        try (BufferedReader output = other.inputReader()) {
            assertEquals("holds it", output.readLine());

            Client.failure(files, site.url("/b.safetensors"), ErrorCode.LORA_DOWNLOAD_FAILED);
            assertTrue(Client.in(folder).cached().get(0).startsWith("a_"));

            other.destroyForcibly(); // its locks go with it
            assertTrue(other.waitFor(20, TimeUnit.SECONDS));
            Client.fetch(files, site.url("/b.safetensors")).await();
            assertEquals(1, Client.in(folder).cached().size());
            assertTrue(Client.in(folder).cached().get(0).startsWith("b_"));
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void keepsWholeFilesWhenSeveralProcessesDownloadThemAtTheSameTime() throws Exception {
        Site site = Site.serving(VERTX, FILE);
        String[] urls = IntStream.range(0, 10)
                .mapToObj(i -> site.url("/" + i + ".safetensors"))
                .toArray(String[]::new);
        List<Process> others = List.of(otherGateway(urls), otherGateway(urls));
        try {
            for (Process other : others) {
                assertEquals("holds it", other.inputReader().readLine());
                other.getOutputStream().close();
            }
            RemoteFiles files = Client.in(folder).open(VERTX);
            int asked = site.count();
            for (String url : urls) {
                assertArrayEquals(FILE, Client.bytes(files, url));
            }
            assertEquals(asked, site.count());
            assertEquals(10, Client.in(folder).cached().size());
        } finally {
            others.forEach(Process::destroyForcibly);
        }
    }

    @Test
    void keepsOneWholeFileWhenSeveralGatewaysOfOneProcessDownloadItAtTheSameTime() {
        Site site = Site.serving(VERTX, FILE);
        List<Future<RemoteFile>> waiting = IntStream.range(0, 5)
                .mapToObj(i -> Client.in(folder).open(VERTX))
                .map(gateway -> Client.fetch(gateway, site.url("/a.safetensors")))
                .toList();

        for (Future<RemoteFile> file : waiting) {
            assertArrayEquals(FILE, Client.bytes(file.await()));
        }
        assertEquals(1, Client.in(folder).cached().size());
        assertTrue(Files.exists(folder.resolve(".locks")));
        assertFalse(site.count() > 5);
    }
}
