package dev.atelier.gateway.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An adapter as a job names it. The file's size and time are what submission saw; a later attempt that finds others, or
 * other bytes, fails the job.
 *
 * @param source the path or URL as the client sent it
 * @param multiplier its strength
 * @param size of the local file in bytes; null for a URL
 * @param modified the local file's time; null for a URL
 * @param configSize of the {@code adapter_config.json} that belongs to the file; null for none
 * @param configModified its time; null for none
 * @param tokenKey under which the gateway that took the request holds its token in memory; null for none. The token
 *     itself is never stored
 * @param cachedAs what the file that this token opens is called in the download cache, which gateways share; null for
 *     none
 */
public record AdapterReference(
        String source,
        double multiplier,
        @Nullable Long size,
        @Nullable Instant modified,
        @Nullable Long configSize,
        @Nullable Instant configModified,
        @Nullable String tokenKey,
        @Nullable String cachedAs) {
    /** An adapter without config. */
    public AdapterReference(
            String source,
            double multiplier,
            @Nullable Long size,
            @Nullable Instant modified,
            @Nullable String tokenKey,
            @Nullable String cachedAs) {
        this(source, multiplier, size, modified, null, null, tokenKey, cachedAs);
    }

    /** An adapter without config and token. */
    public AdapterReference(String source, double multiplier, @Nullable Long size, @Nullable Instant modified) {
        this(source, multiplier, size, modified, null, null, null, null);
    }
}
