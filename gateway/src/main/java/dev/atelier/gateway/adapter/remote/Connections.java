package dev.atelier.gateway.adapter.remote;

import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.util.concurrent.TimeUnit;

/**
 * How connections are made: one per request, so that none outlives what it was checked for, and as many as there are
 * requests, so that none waits unseen for another's end.
 */
final class Connections {
    private static final int CONNECT_MILLIS = 10_000;
    private static final int MOST = 10_000;
    private static final int MAX_CHUNK = 64 * 1024;

    private Connections() {}

    static PoolOptions pool() {
        return new PoolOptions().setHttp1MaxSize(MOST);
    }

    static HttpClientOptions options(RemoteSettings.Pace pace, TrustedAuthorities trust) {
        HttpClientOptions options = new HttpClientOptions()
                .setKeepAlive(false)
                .setConnectTimeout(CONNECT_MILLIS)
                .setReadIdleTimeout((int) pace.silence().toMillis())
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                .setMaxChunkSize(MAX_CHUNK);
        trust.options().ifPresent(options::setTrustOptions);
        return options;
    }
}
