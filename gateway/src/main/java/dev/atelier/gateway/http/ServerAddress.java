package dev.atelier.gateway.http;

import dev.atelier.gateway.http.security.AllowedHosts;
import dev.atelier.gateway.http.security.Authority;
import dev.atelier.gateway.http.security.Forwarded;
import dev.atelier.gateway.http.security.TrustedProxies;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * How clients reach this server.
 *
 * @param baseUrl what links begin with, without a slash at its end; empty where each request tells it
 * @param port the port that links name where nothing else is known
 * @param hosts the hosts under which this server may be called
 * @param proxies the reverse proxies that tell for whom they ask
 */
public record ServerAddress(Optional<String> baseUrl, IntSupplier port, AllowedHosts hosts, TrustedProxies proxies) {
    private static final String DEFAULT_SCHEME = "http";

    /** Returns how the client of a request sees this server. */
    ClientView view(HttpServerRequest request) {
        Optional<Authority> called = RequestHost.of(request);
        Forwarded forwarded = proxies.read(request.remoteAddress().hostAddress(), request.headers());
        Optional<Authority> seen = forwarded.host().or(() -> called);
        boolean allowed = called.filter(hosts::allows).isPresent()
                && seen.filter(hosts::allows).isPresent();
        String scheme = forwarded.scheme().orElse(DEFAULT_SCHEME);
        String links = baseUrl.or(
                        () -> seen.filter(hosts::allows).map(host -> scheme + "://" + host.text() + forwarded.prefix()))
                .orElseGet(() -> DEFAULT_SCHEME + "://localhost:" + port.getAsInt());
        String prefix = baseUrl.map(ServerAddress::pathOf).orElseGet(forwarded::prefix);
        return new ClientView(forwarded.client(), seen, allowed, links, prefix);
    }

    private static String pathOf(String url) {
        return Objects.requireNonNullElse(URI.create(url).getRawPath(), "");
    }

    /** Returns whether a browser's page of that origin came from this server. */
    boolean isOwn(String origin, ClientView view) {
        int end = origin.indexOf("://");
        if (end < 0) {
            return false;
        }
        String scheme = origin.substring(0, end).toLowerCase(Locale.ROOT);
        Optional<Authority> page = Authority.parse(origin.substring(end + 3)).map(host -> host.withDefaultPort(scheme));
        return page.isPresent()
                && (page.equals(view.host().map(host -> host.withDefaultPort(scheme)))
                        || page.equals(baseUrl.flatMap(ServerAddress::authorityOf)));
    }

    private static Optional<Authority> authorityOf(String url) {
        URI uri = URI.create(url);
        return Authority.parse(String.valueOf(uri.getRawAuthority()))
                .map(host -> host.withDefaultPort(String.valueOf(uri.getScheme())));
    }

    /** Returns the name that links give this server; empty where requests tell it. */
    public static Optional<String> hostOf(String url) {
        return authorityOf(url).map(Authority::host);
    }
}
