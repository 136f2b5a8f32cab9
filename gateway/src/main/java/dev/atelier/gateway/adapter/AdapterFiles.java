package dev.atelier.gateway.adapter;

import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.TextToImagePlugin;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Adapter files under one base folder, and nowhere else. Reads on threads of its own. */
public final class AdapterFiles {
    private static final int THREADS = 4;

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
     *     base folder, LORA_INVALID for a file that is no adapter
     */
    public Future<AdapterReference> reference(String source, double multiplier, PipelineDescriptor model) {
        if (isUrl(source)) {
            return Future.succeededFuture(new AdapterReference(source, multiplier, null, null));
        }
        return executor.executeBlocking(
                () -> {
                    HashCache.Version version = find(source);
                    TextToImagePlugin plugin = catalog.plugin(model.modelId())
                            .orElseThrow(() -> new IllegalArgumentException("no plugin declares " + model.modelId()));
                    plugin.inspect(version.file());
                    return new AdapterReference(source, multiplier, version.size(), version.modified());
                },
                false);
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
