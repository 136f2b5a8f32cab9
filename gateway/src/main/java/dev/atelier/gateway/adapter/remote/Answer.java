package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.adapter.remote.Fetcher.Resume;
import dev.atelier.plugin.ForeignFile;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An answer that brings a file, or what is missing of it.
 *
 * @param offset where its first byte belongs; 0 begins anew
 * @param total the length of the whole file; -1 when the server does not say
 * @param validator by which the rest can be asked for later: a strong entity tag, or else a date; null for none
 */
record Answer(long offset, long total, @Nullable String validator) {
    private static final Set<Integer> PASSING = Set.of(408, 425, 429);
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

    /**
     * Judges the head of an answer.
     *
     * @throws dev.atelier.plugin.PipelineException when another try is in vain
     * @throws BrokenTransfer when it is not
     */
    static Answer of(HttpClientResponse response, Fetcher.Request request) {
        int status = response.statusCode();
        String source = request.source();
        if (status == 404 || status == 410) {
            throw Failures.notFound(source, status);
        }
        if (PASSING.contains(status) || status >= 500) {
            throw BrokenTransfer.status(status);
        }
        boolean resuming = request.resume().offset() > 0;
        if (status == 416 && resuming) {
            throw BrokenTransfer.changed(status);
        }
        if (status != 200 && !(status == 206 && resuming)) {
            throw Failures.failed(source, reason(status), status, request.tries());
        }
        checkContent(response, request);
        Answer whole = new Answer(0, length(response), validator(response));
        return status == 200 ? whole : rest(response, request.resume(), whole);
    }

    private static String reason(int status) {
        return status == 401 || status == 403
                ? "HTTP " + status + ", the file is private or gated; a token with access to it is needed"
                : "HTTP " + status;
    }

    private static void checkContent(HttpClientResponse response, Fetcher.Request request) {
        String type = response.headers().get(HttpHeaders.CONTENT_TYPE);
        if (type != null && type.strip().toLowerCase(Locale.ROOT).matches("(text/html|application/xhtml\\+xml)\\b.*")) {
            throw Failures.invalid(request.source(), ForeignFile.WEB_PAGE);
        }
        String encoding = response.headers().get(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.strip().equalsIgnoreCase("identity")) {
            throw Failures.failed(
                    request.source(),
                    "the server compresses what must come as it is",
                    response.statusCode(),
                    request.tries());
        }
    }

    private static Answer rest(HttpClientResponse response, Resume resume, Answer whole) {
        String header = response.headers().get(HttpHeaders.CONTENT_RANGE);
        Matcher range = CONTENT_RANGE.matcher(header == null ? "" : header);
        boolean fits = range.matches()
                && Long.parseLong(range.group(1)) == resume.offset()
                && Long.parseLong(range.group(2)) == Long.parseLong(range.group(3)) - 1
                && (whole.validator == null || whole.validator.equals(resume.validator()));
        if (!fits) {
            throw BrokenTransfer.changed(response.statusCode());
        }
        return new Answer(resume.offset(), Long.parseLong(range.group(3)), resume.validator());
    }

    private static long length(HttpClientResponse response) {
        String header = response.headers().get(HttpHeaders.CONTENT_LENGTH);
        return header != null && LENGTH.matcher(header.strip()).matches() ? Long.parseLong(header.strip()) : -1;
    }

    private static @Nullable String validator(HttpClientResponse response) {
        String tag = response.headers().get(HttpHeaders.ETAG);
        return tag != null && tag.startsWith("\"") ? tag : response.headers().get(HttpHeaders.LAST_MODIFIED);
    }
}
