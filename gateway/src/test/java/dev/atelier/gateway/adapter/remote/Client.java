package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.gateway.adapter.remote.RemoteSettings.Access;
import dev.atelier.gateway.adapter.remote.RemoteSettings.Cache;
import dev.atelier.gateway.adapter.remote.RemoteSettings.Pace;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Settings for tests, one changed at a time, and what is done with them: this machine may be asked over plain http, and
 * nobody waits two seconds between tries.
 */
record Client(
        Path folder,
        long maxFileBytes,
        long maxTotalBytes,
        boolean allowHttp,
        boolean allowPrivate,
        List<String> allowedHosts,
        ProxyRules proxies,
        String hub,
        Optional<String> token,
        Pace pace,
        TrustedAuthorities trust,
        HostResolver resolver) {
    static final Pace QUICK = new Pace(3, Duration.ofMillis(1), Duration.ofSeconds(20), Duration.ofSeconds(10));

    static Client in(Path folder) {
        return new Client(
                folder,
                1 << 30,
                1 << 30,
                true,
                true,
                List.of(),
                ProxyRules.NONE,
                Access.HUGGING_FACE,
                Optional.empty(),
                QUICK,
                TrustedAuthorities.JAVA,
                InetAddress::getAllByName);
    }

    Client bounds(long file, long total) {
        return new Client(
                folder, file, total, allowHttp, allowPrivate, allowedHosts, proxies, hub, token, pace, trust, resolver);
    }

    Client allow(boolean http, boolean privateNetworks, String... hosts) {
        return new Client(
                folder,
                maxFileBytes,
                maxTotalBytes,
                http,
                privateNetworks,
                List.of(hosts),
                proxies,
                hub,
                token,
                pace,
                trust,
                resolver);
    }

    Client through(ProxyRules rules) {
        return new Client(
                folder,
                maxFileBytes,
                maxTotalBytes,
                allowHttp,
                allowPrivate,
                allowedHosts,
                rules,
                hub,
                token,
                pace,
                trust,
                resolver);
    }

    Client hub(String origin, String environmentToken) {
        return new Client(
                folder,
                maxFileBytes,
                maxTotalBytes,
                allowHttp,
                allowPrivate,
                allowedHosts,
                proxies,
                origin,
                Optional.of(environmentToken),
                pace,
                trust,
                resolver);
    }

    Client pace(Pace other) {
        return new Client(
                folder,
                maxFileBytes,
                maxTotalBytes,
                allowHttp,
                allowPrivate,
                allowedHosts,
                proxies,
                hub,
                token,
                other,
                trust,
                resolver);
    }

    Client trusting(TrustedAuthorities authorities) {
        return new Client(
                folder,
                maxFileBytes,
                maxTotalBytes,
                allowHttp,
                allowPrivate,
                allowedHosts,
                proxies,
                hub,
                token,
                pace,
                authorities,
                resolver);
    }

    Client resolving(HostResolver other) {
        return new Client(
                folder,
                maxFileBytes,
                maxTotalBytes,
                allowHttp,
                allowPrivate,
                allowedHosts,
                proxies,
                hub,
                token,
                pace,
                trust,
                other);
    }

    RemoteSettings settings() {
        return new RemoteSettings(
                new Cache(folder, maxFileBytes, maxTotalBytes),
                new Access(allowHttp, allowPrivate, allowedHosts, Optional.empty(), proxies, hub),
                pace,
                token);
    }

    RemoteFiles open(Vertx vertx) {
        return new RemoteFiles(vertx, settings(), trust, DownloadObserver.NONE, resolver);
    }

    static RemoteRequest request(String source) {
        return new RemoteRequest(source, Optional.empty(), Safetensors::check, DownloadListener.NONE);
    }

    static RemoteRequest request(String source, String token) {
        return new RemoteRequest(source, Optional.of(token), Safetensors::check, DownloadListener.NONE);
    }

    static Future<RemoteFile> fetch(RemoteFiles files, String source) {
        return files.fetch(request(source), Cancellation.NEVER);
    }

    static byte[] bytes(RemoteFiles files, String source) {
        return bytes(fetch(files, source).await());
    }

    static byte[] bytes(RemoteFile file) {
        try {
            return Files.readAllBytes(file.path());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the failure of a fetch, which must have this code. */
    static PipelineException failure(RemoteFiles files, String source, ErrorCode code) {
        PipelineException failure = assertThrows(PipelineException.class, fetch(files, source)::await);
        assertEquals(code, failure.code(), failure.getMessage());
        return failure;
    }

    /** Returns the names of the files in the cache, without its lock file. */
    List<String> cached() {
        if (Files.notExists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(".locks"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
