package dev.atelier.gateway.adapter;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * The hub tokens of requests, in memory only and at most a bounded number of the latest. A token is held from its
 * submission until its adapter is downloaded or its job ends. One that no job claims, because its submission failed in
 * a way that did not show whether the job was stored, is dropped after a while. Thread-safe.
 */
final class RequestTokens {
    private static final int MOST = 10_000;
    private static final long UNCLAIMED_NANOS = 300_000_000_000L;

    private final LongSupplier nanoTime;
    private final Map<String, Held> tokens = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Held> eldest) {
            return size() > MOST;
        }
    };

    /** A token, and whether a stored job is known to need it. */
    private record Held(String token, long since, boolean claimed) {
        /** Returns no token. */
        @Override
        public String toString() {
            return "token";
        }
    }

    RequestTokens(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Holds a token and returns under which key. */
    synchronized String hold(String token) {
        String key = UUID.randomUUID().toString();
        tokens.put(key, new Held(token, nanoTime.getAsLong(), false));
        return key;
    }

    /** Keeps a token until it is forgotten: its job is stored. */
    synchronized void claim(String key) {
        tokens.computeIfPresent(key, (same, held) -> new Held(held.token(), held.since(), true));
    }

    /** Drops a token. */
    synchronized void forget(String key) {
        tokens.remove(key);
    }

    /** Drops the tokens that no job has claimed for five minutes. */
    synchronized void forgetUnclaimed() {
        long now = nanoTime.getAsLong();
        tokens.values().removeIf(held -> !held.claimed() && now - held.since() > UNCLAIMED_NANOS);
    }

    /** Drops all tokens. */
    synchronized void clear() {
        tokens.clear();
    }

    /** Returns the token of a key; empty in another process and after it was dropped. */
    synchronized Optional<String> find(String key) {
        return Optional.ofNullable(tokens.get(key)).map(Held::token);
    }

    synchronized int size() {
        return tokens.size();
    }
}
