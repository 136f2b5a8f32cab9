package dev.atelier.gateway.http;

import dev.atelier.gateway.http.security.AllowedHosts;
import dev.atelier.gateway.http.security.Authority;
import dev.atelier.gateway.http.security.Forwarded;
import dev.atelier.gateway.http.security.TrustedProxies;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;

/** How clients reach this server: under which hosts, through which proxies, and by which URLs. */
public final class ServerAddress {
    private static final String DEFAULT_SCHEME = "http";

    private final Optional<String> baseUrl;
    private final Optional<Authority> baseHost;
    private final Optional<String> basePath;
    private final IntSupplier port;
    private final AllowedHosts hosts;
    private final TrustedProxies proxies;

    /**
     * Creates it.
     *
     * @param baseUrl what links begin with, without a slash at its end; empty where each request tells it
     * @param port the port that links name where nothing else is known
     * @param hosts the hosts under which this server may be called, besides that of the base URL
     * @param proxies the reverse proxies that tell for whom they ask
     */
    public ServerAddress(Optional<String> baseUrl, IntSupplier port, AllowedHosts hosts, TrustedProxies proxies) {
        Optional<URI> base = baseUrl.map(URI::create);
        this.baseUrl = baseUrl;
        this.baseHost = base.flatMap(url -> Authority.parse(String.valueOf(url.getRawAuthority()))
                .map(host -> host.withDefaultPort(String.valueOf(url.getScheme()))));
        this.basePath = base.map(url -> String.valueOf(url.getRawPath()));
        this.port = port;
        this.hosts = hosts;
        this.proxies = proxies;
    }

    /** Returns whether this server may be called under a host. */
    boolean allows(Authority authority) {
        return hosts.allows(authority)
                || baseHost.filter(base -> base.host().equals(authority.host())).isPresent();
    }

    /** Returns how the client of a request sees this server. */
    ClientView view(HttpServerRequest request) {
        Optional<Authority> called = RequestHost.of(request);
        Forwarded forwarded = proxies.read(request.remoteAddress().hostAddress(), request.headers());
        Optional<Authority> seen = forwarded.host().or(() -> called);
        Optional<Authority> known = seen.filter(this::allows);
        String scheme = forwarded.scheme().orElse(DEFAULT_SCHEME);
        String links = baseUrl.or(() -> known.map(host -> scheme + "://" + host.text() + forwarded.prefix()))
                .orElseGet(() -> DEFAULT_SCHEME + "://localhost:" + port.getAsInt());
        return new ClientView(
                forwarded.client(),
                seen,
                known.isPresent() && called.filter(this::allows).isPresent(),
                links,
                basePath.orElse(forwarded.prefix()));
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
                && (page.equals(view.host().map(host -> host.withDefaultPort(scheme))) || page.equals(baseHost));
    }
}
