package dev.atelier.gateway.adapter;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Tokens of requests that wait: in memory only, and no more than a bounded number of the latest. Thread-safe. */
final class RequestTokens {
    private static final int MOST = 10_000;

    private final Map<String, String> tokens = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > MOST;
        }
    };

    /** Holds a token and returns under which key. */
    synchronized String hold(String token) {
        String key = UUID.randomUUID().toString();
        tokens.put(key, token);
        return key;
    }

    /** Drops a token that nobody needs any more. */
    synchronized void forget(String key) {
        tokens.remove(key);
    }

    /** Returns the token of a key; empty when another process or a later start asks. */
    synchronized Optional<String> find(String key) {
        return Optional.ofNullable(tokens.get(key));
    }
}
