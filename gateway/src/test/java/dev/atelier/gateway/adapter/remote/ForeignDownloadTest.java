package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a server sends in place of a safetensors file is named, and not downloaded to its end. */
class ForeignDownloadTest {
    private static final Vertx VERTX = Vertx.vertx();

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private static List<Arguments> files() {
        return List.of(
                Arguments.of(
                        "version https://git-lfs.github.com/spec/v1\noid sha256:aaaa\nsize 324\n",
                        "is a Git LFS pointer in place of the file of 324 bytes"),
                Arguments.of("{\"error\":\"Unauthorized\"}", "is a JSON document"),
                Arguments.of("GGUF\3\0\0\0\1\0\0\0", "is a GGUF file"),
                Arguments.of("PK\3\4 archive/data.pkl", "is a pickle in a zip archive"),
                Arguments.of("PK\3\4 weights.bin", "is a zip archive"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void namesWhatComesInPlaceOfTheFile(String content, String name) {
        Client client = Client.in(folder.resolve("cache"));
        Site site = Site.start(VERTX, (number, request) -> request.response().end(content));

        PipelineException failure =
                Client.failure(client.open(VERTX), site.url("/a.safetensors"), ErrorCode.LORA_INVALID);

        assertTrue(failure.getMessage().contains(name), failure.getMessage());
        assertEquals(1, site.count());
        assertEquals(List.of(), client.cached());
    }
}
