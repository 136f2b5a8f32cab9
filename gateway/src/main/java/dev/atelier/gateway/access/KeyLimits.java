package dev.atelier.gateway.access;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts what each key asks for, second by second. Safe from any thread. */
public final class KeyLimits {
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final int perSecond;
    private final Map<String, RateLimiter> limiters = new ConcurrentHashMap<>();

    /** Allows every key so many requests a second; 0 is any number. */
    public KeyLimits(int perSecond) {
        this.perSecond = perSecond;
    }

    /** Returns whether a key may ask once more now, and counts that it did. */
    public boolean take(ApiKey key) {
        return perSecond == 0
                || limiters.computeIfAbsent(key.name(), this::limiter).acquirePermission();
    }

    /** Returns how many requests a second a key may make. */
    public int perSecond() {
        return perSecond;
    }

    /** Returns after how many seconds a key that may not may again. */
    public long retryAfter() {
        return PERIOD.toSeconds();
    }

    private RateLimiter limiter(String name) {
        return RateLimiter.of(
                name,
                RateLimiterConfig.custom()
                        .limitForPeriod(perSecond)
                        .limitRefreshPeriod(PERIOD)
                        .timeoutDuration(Duration.ZERO)
                        .build());
    }
}
