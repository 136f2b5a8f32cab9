package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.adapter.remote.Download.Target;
import dev.atelier.gateway.adapter.remote.Download.Tools;
import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.storage.StorageFolder;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adapters from elsewhere: downloaded into a cache, or found there. Those who want the same file at the same time share
 * one download. Safe from any thread; answers on the caller's context.
 */
public final class RemoteFiles {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteFiles.class);
    private static final Pattern URL = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*", Pattern.DOTALL);
    /** Further downloads wait: each has a connection and a file open. */
    static final int MOST_AT_ONCE = 64;

    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1,4096}");

    private final Vertx vertx;
    private final Context context;
    private final RemoteSettings settings;
    private final StorageFolder folder;
    private final FileTasks files;
    private final FileTasks names;
    private final DownloadCache cache;
    private final HttpClient client;
    private final Hub hub;
    private final AddressGuard guard;
    private final Tools tools;
    private final Map<String, Download> downloads = new HashMap<>();
    private final Set<Download> waiting = new LinkedHashSet<>();
    private final Set<Future<Path>> runs = new HashSet<>();

    /**
     * Creates the cache and the client. Not to be called on a worker thread.
     *
     * @param trust what HTTPS servers are trusted by
     * @param observer hears of all downloads
     */
    public RemoteFiles(Vertx vertx, RemoteSettings settings, TrustedAuthorities trust, DownloadObserver observer) {
        this(vertx, settings, trust, observer, InetAddress::getAllByName);
    }

    RemoteFiles(
            Vertx vertx,
            RemoteSettings settings,
            TrustedAuthorities trust,
            DownloadObserver observer,
            HostResolver resolver) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.settings = settings;
        this.folder = new StorageFolder("downloads", settings.cache().folder(), PrivateFiles.Access.OWNER);
        this.files = new FileTasks(vertx, "atelier-downloads", folder);
        this.names = new FileTasks(vertx, "atelier-names", folder);
        this.cache = new DownloadCache(settings.cache(), folder);
        this.client = vertx.createHttpClient(Connections.options(settings.pace(), trust), Connections.pool());
        this.hub = new Hub(settings.access().hub());
        this.guard = new AddressGuard(settings.access(), resolver, names);
        this.tools = new Tools(vertx, files, new Fetcher(client, guard, hub), cache, settings, observer);
    }

    /** Returns the folder of the cache. */
    public StorageFolder folder() {
        return folder;
    }

    /** Returns whether a source is meant to be elsewhere: a URL of any scheme, or an hf name. */
    public static boolean isRemote(String source) {
        return URL.matcher(source).matches();
    }

    /**
     * Checks what can be told of a source without asking anybody, a name server included.
     *
     * @throws PipelineException LORA_URL_NOT_ALLOWED
     */
    public void requireAllowed(String source) {
        guard.requireAllowed(RemoteUrl.parse(hub.fileUrl(source)), source);
    }

    /** Returns what to call a source: a URL without its query, which may be secret, a path as it is. */
    public static String name(String source) {
        return isRemote(source) ? Failures.shown(source) : source;
    }

    /**
     * Returns whether a token of a request's own would open an allowed source: the hub's, where the server has no such
     * one.
     */
    public boolean needsToken(String source, String token) {
        Optional<String> given = Optional.of(token.strip()).filter(text -> !text.isEmpty());
        if (given.isEmpty() || given.equals(settings.token())) {
            return false;
        }
        return hub.isOrigin(RemoteUrl.parse(hub.fileUrl(source)));
    }

    /**
     * Checks the form of a token.
     *
     * @throws PipelineException INVALID_PARAMETER; the message does not hold the token
     */
    public static void requireToken(String token) {
        if (!TOKEN.matcher(token.strip()).matches()) {
            throw new PipelineException(
                    ErrorCode.INVALID_PARAMETER, "hf_token must have 1 to 4096 visible ASCII characters");
        }
    }

    /** Returns what the file that a token opens is called in the cache. */
    public String cachedName(String source, String token) {
        return CachedName.of(hub.fileUrl(source), token);
    }

    /** Returns a file that is in the cache already, also by the doing of another gateway; empty when it is not. */
    public Future<Optional<RemoteFile>> open(String source, String cachedName) {
        return files.run(source, () -> cache.lease(cachedName))
                .compose(lease -> files.run(source, () -> cache.find(cachedName))
                        .map(found -> found.map(path -> new RemoteFile(path, name(source), lease, files)))
                        .onSuccess(found -> {
                            if (found.isEmpty()) {
                                files.run(source, lease::close);
                            }
                        })
                        .onFailure(failure -> files.run(source, lease::close)));
    }

    /**
     * Fetches a file.
     *
     * @return the file, to be released by the caller; fails with a {@link PipelineException}: LORA_URL_NOT_ALLOWED for
     *     a URL or host that is not allowed and for an unknown host, LORA_NOT_FOUND when the server has no such file,
     *     LORA_INVALID for a web page and for what the validator does not take, LORA_TOO_LARGE, LORA_DOWNLOAD_FAILED
     *     for the rest; with a {@link CancellationException} when it was cancelled
     */
    public Future<RemoteFile> fetch(RemoteRequest request, Cancellation cancellation) {
        Context caller = vertx.getOrCreateContext();
        Promise<RemoteFile> promise = Promise.promise();
        context.runOnContext(here ->
                fetchHere(request, cancellation).onComplete(done -> caller.runOnContext(back -> promise.handle(done))));
        return promise.future();
    }

    private Future<RemoteFile> fetchHere(RemoteRequest request, Cancellation cancellation) {
        return Future.succeededFuture(request)
                .map(this::target)
                .compose(target -> files.run(target.source(), () -> cache.lease(target.name()))
                        .compose(lease -> locate(target, request, cancellation)
                                .map(path -> new RemoteFile(path, name(target.source()), lease, files))
                                .onFailure(failure -> files.run(target.source(), lease::close))));
    }

    private Target target(RemoteRequest request) {
        String url = hub.fileUrl(request.source());
        RemoteUrl parsed = RemoteUrl.parse(url);
        Optional<String> token = request.token().or(settings::token);
        if (token.isPresent() && !TOKEN.matcher(token.get()).matches()) {
            throw Failures.failed(request.source(), "the token holds characters that no token has", null, 1);
        }
        boolean own = hub.isOrigin(parsed) && !token.equals(settings.token());
        String name = CachedName.of(url, own ? token.orElse(null) : null);
        return new Target(request.source(), parsed, token.orElse(null), name);
    }

    private Future<Path> locate(Target target, RemoteRequest request, Cancellation cancellation) {
        return files.run(target.source(), () -> cached(target, request.validator()))
                .compose(found ->
                        found.map(Future::succeededFuture).orElseGet(() -> download(target, request, cancellation)));
    }

    /** Returns the file in the cache; one that is damaged goes, and is downloaded again. */
    private Optional<Path> cached(Target target, Consumer<Path> validator) throws IOException {
        Optional<Path> found = cache.find(target.name());
        if (found.isPresent()) {
            Object identity = DownloadCache.identity(found.get());
            try {
                Validation.check(found.get(), validator, target.source());
            } catch (PipelineException e) {
                if (e.code() != ErrorCode.LORA_INVALID) {
                    throw e;
                }
                LOG.warn("{} in the download cache is damaged; it is downloaded again", target.name());
                cache.discard(found.get(), identity);
                return Optional.empty();
            }
        }
        return found;
    }

    private Future<Path> download(Target target, RemoteRequest request, Cancellation cancellation) {
        if (cancellation.isCancelled()) {
            return Future.failedFuture(new CancellationException("nobody waits for the download"));
        }
        Download running = downloads.get(target.name());
        if (running != null && !running.isStopped()) {
            return join(running, request, cancellation);
        }
        Download download = new Download(tools, target, request.validator());
        Future<Path> file = join(download, request, cancellation); // before it runs: it may end at once
        begin(target, download);
        return file;
    }

    private Future<Path> join(Download download, RemoteRequest request, Cancellation cancellation) {
        Waiters.Waiter waiter = download.join(request.listener());
        Cancellation.Registration registration =
                cancellation.onCancel(() -> context.runOnContext(here -> leave(download, waiter)));
        return waiter.file()
                .onComplete(done -> registration.close())
                .compose(path -> files.run(request.source(), () -> {
                    Validation.check(path, request.validator(), request.source());
                    return path;
                }));
    }

    private void leave(Download download, Waiters.Waiter waiter) {
        download.leave(waiter);
        if (download.isStopped() && waiting.remove(download)) {
            downloads.remove(download.name(), download);
        }
    }

    private void begin(Target target, Download download) {
        downloads.put(target.name(), download);
        waiting.add(download);
        runNext();
    }

    private void runNext() {
        while (runs.size() < MOST_AT_ONCE && !waiting.isEmpty()) {
            Download next = waiting.iterator().next();
            waiting.remove(next);
            Future<Path> run = next.run();
            runs.add(run);
            run.onComplete(done -> {
                runs.remove(run);
                downloads.remove(next.name(), next);
                runNext();
            });
        }
    }

    /** Stops what is being downloaded and lets threads and connections go. */
    public Future<Void> close() {
        Promise<Void> ended = Promise.promise();
        context.runOnContext(here -> {
            waiting.clear();
            List.copyOf(downloads.values())
                    .forEach(download -> download.stop(new CancellationException("the gateway stops")));
            Future.join(List.copyOf(runs)).onComplete(done -> ended.complete());
        });
        return ended.future()
                .compose(done -> client.close())
                .compose(done -> files.close())
                .compose(done -> names.close());
    }
}
