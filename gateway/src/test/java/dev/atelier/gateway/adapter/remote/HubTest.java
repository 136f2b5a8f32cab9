package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.adapter.remote.RemoteSettings.Access;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final byte[] FILE = Safetensors.ofBytes(1000, 1);

    private final Hub hub = new Hub(Access.HUGGING_FACE);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private static RemoteFile fetch(RemoteFiles files, String source, String token) {
        return files.fetch(Client.request(source, token), Cancellation.NEVER).await();
    }

    @ParameterizedTest
    @CsvSource({
        "hf://org/repo/a.safetensors, https://huggingface.co/org/repo/resolve/main/a.safetensors",
        "hf://org/repo/sub/folder/a b.safetensors, https://huggingface.co/org/repo/resolve/main/sub/folder/a%20b.safetensors",
        "hf://org/repo@v1.0/a.safetensors, https://huggingface.co/org/repo/resolve/v1.0/a.safetensors",
        "hf://org/repo@refs/pr/7/a.safetensors, https://huggingface.co/org/repo/resolve/refs%2Fpr%2F7/a.safetensors",
        "hf://org/repo@refs%2Fpr%2F7/a.safetensors, https://huggingface.co/org/repo/resolve/refs%2Fpr%2F7/a.safetensors",
        "hf://org/repo/what?.safetensors, https://huggingface.co/org/repo/resolve/main/what%3F.safetensors",
        "hf://org/repo/#1.safetensors, https://huggingface.co/org/repo/resolve/main/%231.safetensors",
        "https://huggingface.co/org/repo/blob/main/a.safetensors, https://huggingface.co/org/repo/resolve/main/a.safetensors",
        "https://www.huggingface.co/org/repo/blob/v1/x/a.safetensors?x=1, https://www.huggingface.co/org/repo/resolve/v1/x/a.safetensors?x=1",
        "https://huggingface.co/repo/blob/main/a.safetensors, https://huggingface.co/repo/resolve/main/a.safetensors",
        "https://huggingface.co/org/repo/resolve/main/blob/a.safetensors, https://huggingface.co/org/repo/resolve/main/blob/a.safetensors",
        "https://huggingface.co/org/repo/resolve/main/tree/a.safetensors, https://huggingface.co/org/repo/resolve/main/tree/a.safetensors",
        "https://example.org/org/repo/blob/main/a.safetensors, https://example.org/org/repo/blob/main/a.safetensors",
        "https://nothuggingface.co/org/repo/tree/main, https://nothuggingface.co/org/repo/tree/main"
    })
    void turnsNamesAndPagesIntoFiles(String source, String url) {
        assertEquals(url, hub.fileUrl(source));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hf://",
                "hf://org",
                "hf://org/repo",
                "hf://org/repo/",
                "hf://org/repo/folder/",
                "hf://org/repo@/a",
                "hf://org/repo/../../other/a",
                "hf://org/repo/./a",
                "hf://org/repo//a",
                "hf://org/../a/b",
                "hf://or g/repo/a",
                "hf://org/repo@../a",
                "hf://org/repo/a\nb"
            })
    void refusesMalformedNames(String source) {
        PipelineException failure = assertThrows(PipelineException.class, () -> hub.fileUrl(source));

        assertEquals(ErrorCode.LORA_URL_NOT_ALLOWED, failure.code());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://huggingface.co/org/repo/tree/main",
                "https://www.huggingface.co/org/repo/tree/main/folder",
                "https://huggingface.co/org/repo/tree/main/a.safetensors",
                "https://huggingface.co/org/repo/tree"
            })
    void refusesTheHubsFoldersAndSaysWhy(String url) {
        PipelineException failure = Client.failure(Client.in(folder).open(VERTX), url, ErrorCode.LORA_URL_NOT_ALLOWED);

        assertTrue(failure.getMessage().contains("page of a folder"), failure.getMessage());
        assertTrue(failure.getMessage().contains("/resolve/"), failure.getMessage());
    }

    @Test
    void knowsItsOwnUrlsBySchemeHostAndPort() {
        for (String own :
                new String[] {"https://huggingface.co/a", "https://HuggingFace.co:443/", "https://www.huggingface.co/"
                }) {
            assertTrue(hub.isOrigin(RemoteUrl.parse(own)), own);
        }
        for (String other : new String[] {
            "http://huggingface.co/a",
            "https://huggingface.co:8443/",
            "https://cdn.huggingface.co/",
            "https://huggingface.co.evil.test/",
            "https://huggingface.com/"
        }) {
            assertFalse(hub.isOrigin(RemoteUrl.parse(other)), other);
        }
        assertFalse(new Hub("https://mirror.test").isOrigin(RemoteUrl.parse("https://huggingface.co/a")));
    }

    @Test
    void asksTheMirrorWithTheTokenOfTheEnvironment() {
        Site mirror = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).hub(mirror.url(""), "hf_env").open(VERTX);

        assertArrayEquals(FILE, Client.bytes(files, "hf://org/repo@v2/a.safetensors"));
        assertArrayEquals(FILE, Client.bytes(files, mirror.url("/org/repo/blob/v2/b.safetensors")));

        assertEquals("/org/repo/resolve/v2/a.safetensors", mirror.target(1));
        assertEquals("/org/repo/resolve/v2/b.safetensors", mirror.target(2));
        assertEquals("Bearer hf_env", mirror.header(1, "Authorization"));
    }

    @Test
    void prefersTheTokenOfTheRequestUnlessItIsEmpty() {
        Site mirror = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).hub(mirror.url(""), "hf_env").open(VERTX);

        fetch(files, "hf://org/repo/a.safetensors", "hf_mine");
        fetch(files, "hf://org/repo/b.safetensors", "  ");
        fetch(Client.in(folder).hub(mirror.url(""), "").open(VERTX), "hf://org/repo/c.safetensors", "");

        assertEquals("Bearer hf_mine", mirror.header(1, "Authorization"));
        assertEquals("Bearer hf_env", mirror.header(2, "Authorization"));
        assertNull(mirror.header(3, "Authorization"));
    }

    @Test
    void givesWhatOneTokenOpenedToNobodyElse() {
        Site mirror = Site.start(VERTX, (number, request) -> {
            boolean allowed = "Bearer hf_owner".equals(request.getHeader("Authorization"));
            request.response().setStatusCode(allowed ? 200 : 403).end(allowed ? Buffer.buffer(FILE) : Buffer.buffer());
        });
        RemoteFiles files = Client.in(folder).hub(mirror.url(""), "hf_env").open(VERTX);
        RemoteFile owners = fetch(files, "hf://org/private/a.safetensors", "hf_owner");

        Client.failure(files, "hf://org/private/a.safetensors", ErrorCode.LORA_DOWNLOAD_FAILED);
        PipelineException failure =
                assertThrows(PipelineException.class, () -> fetch(files, "hf://org/private/a.safetensors", "hf_other"));

        assertEquals(403, failure.details().get("status"));
        assertFalse((failure.getMessage() + failure.details()).contains("hf_other"));
        assertEquals(
                owners.path(),
                fetch(files, "hf://org/private/a.safetensors", "hf_owner").path());
        assertEquals(3, mirror.count());
    }

    @Test
    void sharesWhatNeedsNoToken() {
        Site site = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).open(VERTX);

        RemoteFile one = fetch(files, site.url("/a.safetensors"), "hf_one");
        RemoteFile two = fetch(files, site.url("/a.safetensors"), "hf_two");

        assertEquals(one.path(), two.path());
        assertEquals(1, site.count());
        assertNull(site.header(1, "Authorization"));
    }

    @Test
    void keepsTheTokenFromOtherHostsAlsoOnTheWayBack() {
        Site[] sites = new Site[2];
        // the same hub by another name is another host
        sites[1] = Site.start(
                VERTX,
                (number, request) -> request.response()
                        .setStatusCode(302)
                        .putHeader("Location", sites[0].url("/back.safetensors"))
                        .end());
        sites[0] = Site.start(VERTX, (number, request) -> {
            switch (number) {
                case 1 ->
                    request.response()
                            .setStatusCode(307)
                            .putHeader("Location", "/same-host")
                            .end();
                case 2 ->
                    request.response()
                            .setStatusCode(302)
                            .putHeader("Location", "http://localhost:" + sites[1].port() + "/cdn?X-Signature=s")
                            .end();
                default -> request.response().end(Buffer.buffer(FILE));
            }
        });
        RemoteFiles files = Client.in(folder).hub(sites[0].url(""), "hf_env").open(VERTX);

        assertArrayEquals(FILE, Client.bytes(files, "hf://org/repo/a.safetensors"));

        assertEquals("Bearer hf_env", sites[0].header(1, "Authorization"));
        assertEquals("Bearer hf_env", sites[0].header(2, "Authorization"));
        assertNull(sites[1].header(1, "Authorization"));
        assertNull(sites[0].header(3, "Authorization"));
    }

    @Test
    void refusesATokenThatWouldBreakTheRequest() {
        Site mirror = Site.serving(VERTX, FILE);
        RemoteFiles files = Client.in(folder).hub(mirror.url(""), "").open(VERTX);

        PipelineException failure = assertThrows(
                PipelineException.class, () -> fetch(files, "hf://org/repo/a.safetensors", "a\r\nX-Evil: 1"));

        assertEquals(ErrorCode.LORA_DOWNLOAD_FAILED, failure.code());
        assertFalse(failure.getMessage().contains("Evil"));
        assertEquals(0, mirror.count());
        assertNotEquals("", failure.getMessage());
    }
}
