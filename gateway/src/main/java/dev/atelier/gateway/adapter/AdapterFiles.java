package dev.atelier.gateway.adapter;

import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.TextToImagePlugin;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Adapter files under one base folder, and nowhere else. Reads on threads of its own. */
public final class AdapterFiles {
    private static final int THREADS = 4;
    private static final int UNMATCHED_SHOWN = 5;

    private final WorkerExecutor executor;
    private final ConfinedFolder folder;
    private final ModelCatalog catalog;
    private final HashCache hashes = new HashCache();

    /** Creates a view of the files under a base folder, which need not exist. */
    public AdapterFiles(Vertx vertx, Path base, ModelCatalog catalog) {
        this.executor = vertx.createSharedWorkerExecutor("atelier-adapters", THREADS, 10, TimeUnit.MINUTES);
        this.folder = new ConfinedFolder(base);
        this.catalog = catalog;
    }

    /**
     * Checks an adapter at submission: the file is under the base folder and its header is sane. A URL (lower-case
     * {@code http://} or {@code https://}) is accepted unseen.
     *
     * @return fails with {@link PipelineException}: LORA_NOT_FOUND for anything that is not a readable file under the
     *     base folder, LORA_INVALID for a file that is no adapter, LORA_NOT_APPLIED for one that holds nothing for the
     *     model
     */
    public Future<AdapterReference> reference(String source, double multiplier, PipelineDescriptor model) {
        if (isUrl(source)) {
            return Future.succeededFuture(new AdapterReference(source, multiplier, null, null));
        }
        return executor.executeBlocking(
                () -> {
                    HashCache.Version version = find(source);
                    requireSomethingApplied(source, plugin(model).inspect(version.file()));
                    return reference(source, multiplier, version);
                },
                false);
    }

    private static AdapterReference reference(String source, double multiplier, HashCache.Version version) {
        return new AdapterReference(source, multiplier, version.size(), version.modified());
    }

    private TextToImagePlugin plugin(PipelineDescriptor model) {
        return catalog.plugin(model.modelId())
                .orElseThrow(() -> new IllegalArgumentException("no plugin declares " + model.modelId()));
    }

    private static void requireSomethingApplied(String source, AdapterReport report) {
        if (report.modules() == 0) {
            throw new PipelineException(
                    ErrorCode.LORA_NOT_APPLIED,
                    source + ": no tensor fits the model; the first are "
                            + report.unmatched().first().stream()
                                    .limit(UNMATCHED_SHOWN)
                                    .toList());
        }
    }

    /**
     * Fetches an adapter for drawing.
     *
     * @return fails with LORA_CHANGED when the file is not what submission saw, LORA_NOT_FOUND when it is gone,
     *     LORA_URL_NOT_ALLOWED for a URL
     */
    public Future<AdapterFile> fetch(AdapterReference reference) {
        if (isUrl(reference.source())) {
            return Future.failedFuture(new PipelineException(
                    ErrorCode.LORA_URL_NOT_ALLOWED,
                    "LoRA URLs are not allowed here: put the file under the LoRA folder"));
        }
        return executor.executeBlocking(() -> read(reference), false);
    }

    /**
     * Says what an adapter holds and what of it a model would apply.
     *
     * @return fails as {@link #reference} and {@link #fetch} do, but not with LORA_NOT_APPLIED: that is what the report
     *     tells
     */
    public Future<InspectedAdapter> inspect(String source, PipelineDescriptor model) {
        Future<AdapterReference> found = isUrl(source)
                ? Future.succeededFuture(new AdapterReference(source, 1, null, null))
                : executor.executeBlocking(() -> reference(source, 1, find(source)), false);
        return found.compose(this::fetch)
                .compose(file -> executor.executeBlocking(
                        () -> new InspectedAdapter(
                                plugin(model).inspect(file.file()), Files.size(file.file()), file.sha256()),
                        false));
    }

    /** Lists the adapter files that requests may name, by path; at most {@value ConfinedFolder#MOST_LISTED}. */
    public Future<List<ListedAdapter>> list() {
        return executor.executeBlocking(folder::list, false);
    }

    /** Lets the threads go. */
    public Future<Void> close() {
        return executor.close();
    }

    private static boolean isUrl(String source) {
        return source.startsWith("http://") || source.startsWith("https://");
    }

    private AdapterFile read(AdapterReference reference) throws IOException {
        HashCache.Version version = find(reference.source());
        boolean same = Long.valueOf(version.size()).equals(reference.size())
                && version.modified().equals(reference.modified());
        if (!same) {
            throw changed(reference.source());
        }
        String sha256 = hashes.sha256(version).orElseThrow(() -> changed(reference.source()));
        return new AdapterFile(reference.source(), version.file(), sha256, reference.multiplier());
    }

    private HashCache.Version find(String source) {
        try {
            return HashCache.Version.of(folder.find(source).orElseThrow(() -> absent(source)));
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
