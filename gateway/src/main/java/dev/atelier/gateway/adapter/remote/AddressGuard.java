package dev.atelier.gateway.adapter.remote;

import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.net.ProxyOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether a URL may be asked, and by which addresses. A name is resolved once, all of its addresses must be
 * allowed, and the caller connects to one of those that were checked: an answer that changes afterwards changes
 * nothing.
 *
 * <p>Where a proxy is in between, the proxy resolves the name. Then the name's form, the list of allowed hosts, and
 * what the name resolves to here, if it does, are checked; the rest is the proxy's own rules.
 */
final class AddressGuard {
    private static final Logger LOG = LoggerFactory.getLogger(AddressGuard.class);

    private final RemoteSettings.Access access;
    private final HostResolver resolver;
    private final FileTasks tasks;

    /**
     * Guards.
     *
     * @param tasks where names are looked up, which may take a while: not those that files are written by
     */
    AddressGuard(RemoteSettings.Access access, HostResolver resolver, FileTasks tasks) {
        this.access = access;
        this.resolver = resolver;
        this.tasks = tasks;
    }

    /**
     * A way to a host.
     *
     * @param proxy to ask, by name, when there is one
     * @param addresses checked ones, in the resolver's order; may be empty where a proxy is asked
     */
    record Route(@Nullable ProxyOptions proxy, List<InetAddress> addresses) {}

    /**
     * Admits a URL.
     *
     * @param source the URL that the client gave, for messages
     * @return fails with LORA_URL_NOT_ALLOWED, in the same words whether the host is not known, not listed or not
     *     allowed: the difference would show a client which names a private network has
     */
    Future<Route> admit(RemoteUrl url, String source) {
        try {
            requireAllowed(url, source);
        } catch (PipelineException e) {
            return Future.failedFuture(e);
        }
        ProxyOptions proxy = access.proxies().route(url).orElse(null);
        InetAddress literal = url.host().literal();
        return literal == null
                ? tasks.run(source, () -> new Route(proxy, checked(url.host(), source, proxy != null)))
                : Future.succeededFuture(new Route(proxy, List.of(literal)));
    }

    /**
     * Checks what needs no look-up: the scheme, the list of allowed hosts, an address in place of a name.
     *
     * @param source the URL that the client gave, for messages
     * @throws PipelineException LORA_URL_NOT_ALLOWED
     */
    void requireAllowed(RemoteUrl url, String source) {
        HostName host = url.host();
        if (!url.isSecure() && !access.allowHttp()) {
            throw Failures.refused(source, "plain http is not allowed, use https");
        }
        if (!isListed(host)) {
            logRejected(host, "not in LORA_ALLOWED_HOSTS");
            throw Failures.refused(source);
        }
        require(host.literal() == null ? Reach.of(host.text()) : Reach.of(host.literal()), host, source);
    }

    private boolean isListed(HostName host) {
        return access.allowedHosts().isEmpty()
                || access.allowedHosts().stream()
                        .map(allowed -> allowed.toLowerCase(Locale.ROOT))
                        .anyMatch(allowed -> allowed.startsWith("*.")
                                ? host.literal() == null && host.text().endsWith(allowed.substring(1))
                                : host.text().equals(allowed) || host.inUrl().equals(allowed));
    }

    private List<InetAddress> checked(HostName host, String source, boolean viaProxy) {
        List<InetAddress> addresses = addresses(host, source, viaProxy);
        addresses.forEach(address -> require(Reach.of(address), host, source));
        return addresses;
    }

    private void require(Reach reach, HostName host, String source) {
        if (!isAllowed(reach)) {
            logRejected(host, reach == Reach.PRIVATE ? "private" : "closed");
            throw Failures.refused(source);
        }
    }

    /** Only the operator learns the difference. */
    private static void logRejected(HostName host, String reason) {
        LOG.warn("LoRA host rejected host={} reason=\"{}\"", host.text(), reason);
    }

    private boolean isAllowed(Reach reach) {
        return reach == Reach.PUBLIC || reach == Reach.PRIVATE && access.allowPrivate();
    }

    private List<InetAddress> addresses(HostName host, String source, boolean viaProxy) {
        try {
            return List.of(resolver.resolve(host.text()));
        } catch (UnknownHostException e) {
            if (viaProxy) {
                return List.of(); // networks behind a proxy often know no outer names
            }
            logRejected(host, "unknown");
            throw Failures.refused(source);
        }
    }
}
