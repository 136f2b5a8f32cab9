package dev.atelier.gateway.adapter;

import dev.atelier.gateway.adapter.remote.DownloadListener;
import dev.atelier.gateway.adapter.remote.RemoteFile;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.gateway.adapter.remote.RemoteRequest;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.registry.HeldModel;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ComponentFiles;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Adapter files under one base folder, or downloaded, and from nowhere else. Reads on threads of its own. */
public final class AdapterFiles {
    private static final int THREADS = 4;
    private static final int UNMATCHED_SHOWN = 5;

    private final WorkerExecutor executor;
    private final ConfinedFolder folder;
    private final ModelCatalog catalog;
    private final RemoteFiles remote;
    private final RequestTokens tokens = new RequestTokens();
    private final HashCache hashes = new HashCache();

    /**
     * Creates a view of the files under a base folder, which need not exist.
     *
     * @param remote fetches those from elsewhere; the caller closes it
     */
    public AdapterFiles(Vertx vertx, Path base, ModelCatalog catalog, RemoteFiles remote) {
        this.executor = vertx.createSharedWorkerExecutor("atelier-adapters", THREADS, 10, TimeUnit.MINUTES);
        this.folder = new ConfinedFolder(base);
        this.catalog = catalog;
        this.remote = remote;
    }

    /**
     * Checks an adapter at submission: the file is under the base folder and its header is sane. What comes from
     * elsewhere is accepted unseen, unless its URL alone tells that it may not be asked.
     *
     * @param token of the request for the hub; held in memory until the adapter is fetched
     * @return fails with {@link PipelineException}: LORA_NOT_FOUND for anything that is not a readable file under the
     *     base folder, LORA_INVALID for a file that is no adapter, LORA_NOT_APPLIED for one that holds nothing for the
     *     model, LORA_URL_NOT_ALLOWED
     */
    public Future<AdapterReference> reference(
            String source, double multiplier, PipelineDescriptor model, @Nullable String token) {
        if (RemoteFiles.isRemote(source)) {
            try {
                remote.requireAllowed(source);
            } catch (PipelineException e) {
                return Future.failedFuture(e);
            }
            if (token == null || !remote.needsToken(source, token)) {
                return Future.succeededFuture(new AdapterReference(source, multiplier, null, null));
            }
            String cachedAs = remote.cachedName(source, token);
            return Future.succeededFuture(
                    new AdapterReference(source, multiplier, null, null, tokens.hold(token), cachedAs));
        }
        return executor.executeBlocking(
                () -> {
                    LocalAdapter file = find(source);
                    AdapterReference reference = reference(source, multiplier, version(source, file));
                    requireApplied(inspect(model, file.source(source), multiplier));
                    return reference;
                },
                false);
    }

    private static AdapterReference reference(String source, double multiplier, HashCache.Version version) {
        HashCache.Version config = version.config();
        return new AdapterReference(
                source,
                multiplier,
                version.size(),
                version.modified(),
                config == null ? null : config.size(),
                config == null ? null : config.modified(),
                null,
                null);
    }

    /** Says what a job would; one whose multiplier is 0 takes an adapter of any size. */
    private AdapterInspection inspect(PipelineDescriptor model, AdapterSource source, double multiplier) {
        AdapterInspection inspection = inspect(model, source, catalog.local(model));
        AdapterInspection.Problem problem = inspection.problem();
        return multiplier == 0 && problem != null && problem.code() == ErrorCode.LORA_INVALID
                ? inspect(model, source, ComponentFiles.NONE)
                : inspection;
    }

    // The plugin stays loaded while it reads, even if another takes its place meanwhile.
    private AdapterInspection inspect(PipelineDescriptor model, AdapterSource source, ComponentFiles local) {
        try (HeldModel held = catalog.hold(model.modelId()).orElseThrow(() -> gone(model))) {
            return judged(held.plugin().inspect(source, local));
        }
    }

    /** A plugin may leave it to its report that nothing fits. */
    private static AdapterInspection judged(AdapterInspection inspection) {
        AdapterReport report = inspection.report();
        if (inspection.problem() != null || report.modules() > 0) {
            return inspection;
        }
        List<String> first =
                report.unmatched().first().stream().limit(UNMATCHED_SHOWN).toList();
        return new AdapterInspection(
                report,
                new AdapterInspection.Problem(
                        ErrorCode.LORA_NOT_APPLIED,
                        report.name() + ": no tensor fits the model; the first are " + first));
    }

    private static PipelineException gone(PipelineDescriptor model) {
        return new PipelineException(
                ErrorCode.MODEL_NOT_AVAILABLE, "Model '" + model.modelId() + "' has no plugin here any more");
    }

    private static void requireApplied(AdapterInspection inspection) {
        AdapterInspection.Problem problem = inspection.problem();
        if (problem != null) {
            throw new PipelineException(problem.code(), problem.message());
        }
    }

    /**
     * Fetches an adapter for drawing.
     *
     * @param listener hears how far a download is
     * @return fails with LORA_CHANGED when a local file is not what submission saw, LORA_NOT_FOUND when it is gone, for
     *     what comes from elsewhere as {@link RemoteFiles#fetch} does, and with LORA_NOT_APPLIED when that holds
     *     nothing for the model
     */
    public Future<FetchedAdapter> fetch(
            AdapterReference reference,
            PipelineDescriptor model,
            DownloadListener listener,
            Cancellation cancellation) {
        String source = reference.source();
        if (!RemoteFiles.isRemote(source)) {
            return executor.executeBlocking(() -> new FetchedAdapter(read(reference), Optional.empty()), false);
        }
        Optional<String> token = Optional.ofNullable(reference.tokenKey()).flatMap(tokens::find);
        Future<RemoteFile> found = reference.tokenKey() != null && token.isEmpty()
                ? openCached(reference)
                : download(source, token, model, listener, cancellation);
        return found.compose(file -> checked(file, reference, model)
                        .map(adapter -> new FetchedAdapter(adapter, Optional.of(file)))
                        .onFailure(failure -> file.release()))
                .onComplete(done -> forgetToken(reference, done.cause()));
    }

    // Who cancels may mean the attempt and not the job, which asks again then; all else needs the token no more.
    private void forgetToken(AdapterReference reference, @Nullable Throwable failure) {
        String key = reference.tokenKey();
        if (key != null && !(failure instanceof CancellationException)) {
            tokens.forget(key);
        }
    }

    /** Opens what the gateway that has the token has fetched. */
    private Future<RemoteFile> openCached(AdapterReference reference) {
        String cachedAs = reference.cachedAs();
        Future<Optional<RemoteFile>> found =
                cachedAs == null ? Future.succeededFuture(Optional.empty()) : remote.open(reference.source(), cachedAs);
        return found.map(file -> file.orElseThrow(() -> new PipelineException(
                ErrorCode.HF_TOKEN_LOST,
                "LoRA " + RemoteFiles.name(reference.source())
                        + " is not in the download cache, and the request's hf_token, held in memory only, is lost;"
                        + " submit the request again")));
    }

    private Future<RemoteFile> download(
            String source,
            Optional<String> token,
            PipelineDescriptor model,
            DownloadListener listener,
            Cancellation cancellation) {
        // A sound file stays in the cache whatever a model makes of it.
        Consumer<Path> sound = file ->
                inspect(model, new AdapterSource(String.valueOf(file.getFileName()), file, null), ComponentFiles.NONE);
        return remote.fetch(new RemoteRequest(source, token, sound, listener), cancellation);
    }

    private Future<AdapterFile> checked(RemoteFile file, AdapterReference reference, PipelineDescriptor model) {
        return executor.executeBlocking(
                () -> {
                    requireApplied(inspect(model, source(file), reference.multiplier()));
                    return new AdapterFile(file.name(), file.path(), sha256(file), reference.multiplier());
                },
                false);
    }

    /** No config is asked for beside a file from elsewhere. */
    private static AdapterSource source(RemoteFile file) {
        return new AdapterSource(file.name(), file.path(), null);
    }

    private String sha256(RemoteFile file) throws IOException {
        return hashes.sha256(HashCache.Version.of(file.path())).orElseThrow(() -> changed(file.name()));
    }

    /**
     * Says what an adapter holds and what of it a model would apply.
     *
     * @param token of the request for the hub
     * @return fails as {@link #reference} and {@link #fetch} do, but not with LORA_NOT_APPLIED: that is what the report
     *     tells
     */
    public Future<InspectedAdapter> inspect(String source, PipelineDescriptor model, @Nullable String token) {
        if (!RemoteFiles.isRemote(source)) {
            return executor.executeBlocking(
                    () -> {
                        LocalAdapter file = find(source);
                        String sha256 = hashes.sha256(version(source, file)).orElseThrow(() -> changed(source));
                        return inspected(file.source(source), model, sha256);
                    },
                    false);
        }
        return download(source, Optional.ofNullable(token), model, DownloadListener.NONE, Cancellation.NEVER)
                .compose(file -> executor.executeBlocking(() -> inspected(source(file), model, sha256(file)), false)
                        .eventually(file::release));
    }

    private InspectedAdapter inspected(AdapterSource source, PipelineDescriptor model, String sha256)
            throws IOException {
        return new InspectedAdapter(inspect(model, source, 1), Files.size(source.file()), sha256);
    }

    /** Lists the adapter files that requests may name, by path; at most {@value ConfinedFolder#MOST_LISTED}. */
    public Future<List<ListedAdapter>> list() {
        return executor.executeBlocking(folder::list, false);
    }

    /** Lets the threads go. */
    public Future<Void> close() {
        return executor.close();
    }

    private AdapterFile read(AdapterReference reference) throws IOException {
        String source = reference.source();
        LocalAdapter file = find(source);
        HashCache.Version version = version(source, file);
        if (!reference(source, reference.multiplier(), version).equals(reference)) {
            throw changed(source);
        }
        String sha256 = hashes.sha256(version).orElseThrow(() -> changed(source));
        return new AdapterFile(source, file.file(), file.config(), sha256, reference.multiplier());
    }

    private LocalAdapter find(String source) {
        return folder.findAdapter(source).orElseThrow(() -> absent(source));
    }

    private static HashCache.Version version(String source, LocalAdapter file) {
        try {
            return HashCache.Version.of(file);
        } catch (IOException e) {
            throw absent(source);
        }
    }

    private static PipelineException absent(String source) {
        return new PipelineException(ErrorCode.LORA_NOT_FOUND, "LoRA file not found: " + source);
    }

    /** Returns the failure of a job whose adapter is not what it was. */
    public static PipelineException changed(String source) {
        return new PipelineException(
                ErrorCode.LORA_CHANGED, "LoRA file has changed since the request was accepted: " + source);
    }
}
