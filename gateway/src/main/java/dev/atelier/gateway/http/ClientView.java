package dev.atelier.gateway.http;

import dev.atelier.gateway.http.security.Authority;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import java.util.Optional;

/**
 * A client, and this server as that client sees it.
 *
 * @param address the client's address, which identifies clients without API keys
 * @param host the host that the client called; empty where it named none
 * @param hostAllowed whether this server may be called under each host that the request names
 * @param baseUrl what links in the answer begin with, without a slash at its end
 * @param prefix the path below which the client sees this server; empty for none
 */
record ClientView(String address, Optional<Authority> host, boolean hostAllowed, String baseUrl, String prefix) {
    private static final String KEY = ClientView.class.getName();

    /** Returns the view of a request's client. */
    static ClientView of(RoutingContext context) {
        return Objects.requireNonNull(context.get(KEY), "client view");
    }

    /** Keeps the view with a request. */
    void attachTo(RoutingContext context) {
        context.put(KEY, this);
    }
}
