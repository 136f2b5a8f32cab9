package dev.atelier.gateway.http.security;

import java.util.Optional;

/**
 * What is known of a client and of the server that it called, where reverse proxies may stand between them.
 *
 * @param client the client's address
 * @param scheme {@code http} or {@code https}; empty where no proxy told it
 * @param host the host that the client called; empty where no proxy told it
 * @param prefix the path below which the client sees this server, without a slash at its end; empty for none
 */
public record Forwarded(String client, Optional<String> scheme, Optional<Authority> host, String prefix) {
    /** Returns the facts of a request that no trusted proxy forwarded. */
    static Forwarded direct(String peer) {
        return new Forwarded(peer, Optional.empty(), Optional.empty(), "");
    }
}
