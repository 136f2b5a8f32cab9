package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.adapter.remote.AddressGuard.Route;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a URL and follows redirects by hand: each one is admitted anew, and connected to by an address that was
 * checked. The token goes to the hub only, and not any more once a redirect has left it.
 */
final class Fetcher {
    private static final int MAX_REDIRECTS = 5;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final HttpClient client;
    private final AddressGuard guard;
    private final Hub hub;

    Fetcher(HttpClient client, AddressGuard guard, Hub hub) {
        this.client = client;
        this.guard = guard;
        this.hub = hub;
    }

    /**
     * What is asked for.
     *
     * @param source the client's own words, for messages
     * @param url where to begin
     * @param token for the hub
     * @param tries which try this is: a host's addresses take turns
     * @param resume what is there already
     */
    record Request(String source, RemoteUrl url, @Nullable String token, int tries, Resume resume) {
        /** Returns the URL without its query, and no token. */
        @Override
        public String toString() {
            return url.toString();
        }
    }

    /**
     * What is there already of a file.
     *
     * @param offset how many bytes
     * @param validator the entity tag or date that the server gave them; null when they cannot be resumed
     */
    record Resume(long offset, @Nullable String validator) {
        /** Nothing is there. */
        static final Resume NOTHING = new Resume(0, null);
    }

    /**
     * Asks.
     *
     * @param onRequest hears of each connection's request before it is sent; what it throws ends the fetch
     * @return the first answer that is no redirect, paused; fails with a PipelineException when another try is in vain,
     *     else with {@link BrokenTransfer}
     */
    Future<HttpClientResponse> get(Request request, Consumer<HttpClientRequest> onRequest) {
        return get(request, request.url(), hub.isOrigin(request.url()), 0, onRequest);
    }

    private Future<HttpClientResponse> get(
            Request request, RemoteUrl url, boolean trusted, int redirects, Consumer<HttpClientRequest> onRequest) {
        return guard.admit(url, request.source())
                .map(route -> options(request, url, trusted, route))
                .compose(client::request)
                .compose(sending -> {
                    onRequest.accept(sending);
                    return sending.send();
                })
                .map(answer -> answer.pause().exceptionHandler(unread -> {}))
                .recover(failure -> Future.failedFuture(NetworkFailure.of(failure, request.source(), request.tries())))
                .compose(answer -> {
                    if (!REDIRECTS.contains(answer.statusCode())) {
                        return Future.succeededFuture(answer);
                    }
                    RemoteUrl next = next(request, url, answer, redirects);
                    return get(request, next, trusted && hub.isOrigin(next), redirects + 1, onRequest);
                });
    }

    private static RemoteUrl next(Request request, RemoteUrl url, HttpClientResponse answer, int redirects) {
        answer.request().reset();
        String location = answer.getHeader(HttpHeaders.LOCATION);
        if (location == null || redirects == MAX_REDIRECTS) {
            String reason = location == null ? "a redirect leads nowhere" : "more than " + MAX_REDIRECTS + " redirects";
            throw Failures.failed(request.source(), reason, answer.statusCode(), request.tries());
        }
        try {
            return url.resolve(location);
        } catch (RuntimeException e) {
            throw Failures.refused(request.source()); // the client need not learn where it leads
        }
    }

    private static RequestOptions options(Request request, RemoteUrl url, boolean trusted, Route route) {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost(url.host().inUrl())
                .setPort(url.port())
                .setSsl(url.isSecure())
                .setURI(url.target())
                .putHeader(HttpHeaders.USER_AGENT, "atelier")
                .putHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
        if (route.proxy() == null) {
            options.setServer(SocketAddress.inetSocketAddress(
                    new InetSocketAddress(turn(route.addresses(), request.tries()), url.port())));
        } else {
            options.setProxyOptions(route.proxy());
        }
        Resume resume = request.resume();
        if (resume.offset() > 0 && resume.validator() != null) {
            options.putHeader("Range", "bytes=" + resume.offset() + "-").putHeader("If-Range", resume.validator());
        }
        if (trusted && request.token() != null) {
            options.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + request.token());
        }
        return options;
    }

    private static InetAddress turn(List<InetAddress> addresses, int tries) {
        return addresses.get((tries - 1) % addresses.size());
    }
}
