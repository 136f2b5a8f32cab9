package dev.atelier.gateway.adapter.remote;

import dev.atelier.plugin.PipelineException;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.Stream;

/** Web pages that come instead of files: a login, a file's page, an error that calls itself a success. */
final class Html {
    private static final int LOOKED_AT = 1024;

    private Html() {}

    /** Returns whether a file begins like a web page. */
    static boolean beginsLike(Buffer content) {
        String head = content.getString(0, Math.min(LOOKED_AT, content.length()), StandardCharsets.ISO_8859_1.name())
                .replaceFirst("^\u00ef\u00bb\u00bf", "")
                .stripLeading()
                .toLowerCase(Locale.ROOT);
        return Stream.of("<!doctype html", "<html", "<head", "<body", "<title").anyMatch(head::startsWith);
    }

    /** The failure of a fetch that brought a web page. */
    static PipelineException failure(String source) {
        return Failures.invalid(
                source,
                "the server answered with a web page (HTML), not with a file; give the link by which the file itself is"
                        + " downloaded (on Hugging Face: /resolve/ or hf://)");
    }
}
