package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteUrlTest {
    private static String whole(RemoteUrl url) {
        return url.origin() + url.target();
    }

    @ParameterizedTest
    @CsvSource({
        "https://example.org/a.safetensors, https://example.org/a.safetensors",
        "HTTPS://Example.ORG/A, https://example.org/A",
        "https://example.org, https://example.org/",
        "https://example.org?x=1, https://example.org/?x=1",
        "https://example.org:443/a, https://example.org/a",
        "https://example.org:8443/a, https://example.org:8443/a",
        "http://example.org:80/a, http://example.org/a",
        "http://example.org:/a, http://example.org/a",
        "https://example.org./a, https://example.org/a",
        "https://my_bucket.example.org/a, https://my_bucket.example.org/a",
        "https://example.org/a#part, https://example.org/a",
        "https://example.org/a?x=1#part?y, https://example.org/a?x=1",
        "https://example.org/a b.safetensors, https://example.org/a%20b.safetensors",
        "https://example.org/\u00e4.safetensors, https://example.org/%C3%A4.safetensors",
        "https://example.org/100%, https://example.org/100%25",
        "https://example.org/%41%2f, https://example.org/%41%2f",
        "https://example.org/a?sig=a+b/c==&x=%2B, https://example.org/a?sig=a+b/c==&x=%2B",
        "https://b\u00fccher.example/a, https://xn--bcher-kva.example/a",
        "https://1.2.3.4/a, https://1.2.3.4/a",
        "https://1.2.3.4./a, https://1.2.3.4/a",
        "https://[2001:DB8::1]:8443/a, https://[2001:db8:0:0:0:0:0:1]:8443/a",
        "https://[::ffff:1.2.3.4]/a, https://1.2.3.4/a",
        "https://\uff11\uff12\uff17.0.0.1/a, https://127.0.0.1/a",
        "https://127\u30020\u30020\u30021/a, https://127.0.0.1/a"
    })
    void readsUrlsInOneSpelling(String text, String read) {
        assertEquals(read, whole(RemoteUrl.parse(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.org/a",
                "https:/example.org/a",
                "https:example.org",
                "https://",
                "https:///a",
                "https://.",
                "https://..",
                "https://.example.org",
                "https://example..org",
                "https://-example.org",
                "https://example.org:0/",
                "https://example.org:65536/",
                "https://example.org:99999/",
                "https://example.org:-1/",
                "https://example.org:80:80/",
                "https://example.org:8a/",
                "https://user@example.org/",
                "https://user:s3cret@example.org/",
                "https://example.org@169.254.169.254/",
                "https://example.org\\@evil.test/",
                "https://example.org\\.evil.test/",
                "https://exam ple.org/",
                "https://example.org\t/",
                "https://example.org/a\nb",
                "https://example.org/a\r\nHost: evil.test",
                "https://ex%61mple.org/",
                "https://%31%32%37.0.0.1/",
                "https://exam$ple.org/",
                "https://fa\u00df.example/",
                "https://a\u200db.example/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0x7f.1/",
                "https://127.1/",
                "https://127.0.1/",
                "https://0177.0.0.1/",
                "https://127.0.0.01/",
                "https://127.0.0.256/",
                "https://127.0.0.1.5/",
                "https://example.0x1/",
                "https://example.1/",
                "https://[::1/",
                "https://::1/",
                "https://[fe80::1%25eth0]/",
                "https://[::1]x/",
                "https://[1.2.3.4]/",
                "https://[v1.x]/",
                "https://[]/",
                "ftp://example.org/a",
                "file:///etc/passwd",
                "hf://org/repo/a",
                "javascript://example.org/%0aalert(1)"
            })
    void refusesAllThatIsNoPlainUrl(String text) {
        PipelineException failure = assertThrows(PipelineException.class, () -> RemoteUrl.parse(text));

        assertEquals(ErrorCode.LORA_URL_NOT_ALLOWED, failure.code());
        assertFalse(failure.getMessage().contains("s3cret"), failure.getMessage());
        assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
    }

    @Test
    void refusesAnEndlessUrl() {
        assertThrows(PipelineException.class, () -> RemoteUrl.parse("https://example.org/" + "a".repeat(20_000)));
        assertThrows(PipelineException.class, () -> RemoteUrl.parse("https://" + "a.".repeat(200) + "org/"));
    }

    @ParameterizedTest
    @CsvSource({
        "/b, https://h.test:8443/b",
        "/b?y=2, https://h.test:8443/b?y=2",
        "//other.test/b, https://other.test/b",
        "http://other.test/b, http://other.test/b",
        "HTTPS://Other.Test/b, https://other.test/b",
        "c, https://h.test:8443/x/c",
        "./c, https://h.test:8443/x/c",
        "../c?z, https://h.test:8443/c?z",
        "?y=2, https://h.test:8443/x/a?y=2",
        "/a b, https://h.test:8443/a%20b",
        "/b#part, https://h.test:8443/b",
        "'', https://h.test:8443/x/"
    })
    void resolvesRedirects(String location, String expected) {
        assertEquals(
                expected, whole(RemoteUrl.parse("https://h.test:8443/x/a?q=1").resolve(location)));
    }

    @Test
    void neverShowsTheQuery() {
        RemoteUrl url = RemoteUrl.parse("https://h.test/a?X-Amz-Signature=abc");

        assertEquals("https://h.test/a", url.shown());
        assertEquals("https://h.test/a", url.toString());
    }
}
