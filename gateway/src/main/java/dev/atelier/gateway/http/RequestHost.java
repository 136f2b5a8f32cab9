package dev.atelier.gateway.http;

import dev.atelier.gateway.http.security.Authority;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The host that a request names: in its target, which wins where it is a whole URL, or in its {@code Host} header. */
final class RequestHost {
    private static final Pattern URL = Pattern.compile("(?i)https?://([^/?#]*)");

    private RequestHost() {}

    /** Returns whether a request names its host as HTTP wants it: once, well formed, and since HTTP/1.1 always. */
    static boolean isValid(HttpServerRequest request) {
        List<String> headers = request.headers().getAll(HttpHeaders.HOST);
        boolean mayLack = request.version() == HttpVersion.HTTP_1_0;
        return (headers.size() == 1 || (headers.isEmpty() && mayLack))
                && headers.stream().allMatch(host -> Authority.parse(host).isPresent())
                && target(request)
                        .map(host -> Authority.parse(host).isPresent())
                        .orElse(true);
    }

    /** Returns the host of a request; empty where it names none. */
    static Optional<Authority> of(HttpServerRequest request) {
        return target(request)
                .or(() -> Optional.ofNullable(request.getHeader(HttpHeaders.HOST)))
                .flatMap(Authority::parse);
    }

    private static Optional<String> target(HttpServerRequest request) {
        Matcher url = URL.matcher(request.uri());
        return url.lookingAt() ? Optional.of(url.group(1)) : Optional.empty();
    }
}
