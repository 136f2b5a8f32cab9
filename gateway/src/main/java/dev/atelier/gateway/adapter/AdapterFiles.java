package dev.atelier.gateway.adapter;

import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;

/** Adapter files under one base folder, and nowhere else. */
public final class AdapterFiles {
    /** Creates a view of the files under a base folder, which need not exist. */
    public AdapterFiles(Vertx vertx, Path base, ModelCatalog catalog) {}

    /**
     * Checks an adapter at submission: the file is under the base folder and its header is sane. A URL (lower-case
     * {@code http://} or {@code https://}) is accepted unseen.
     *
     * @return fails with {@link dev.atelier.plugin.PipelineException}: LORA_NOT_FOUND for anything that is not a
     *     readable file under the base folder, LORA_INVALID for a file that is no adapter
     */
    public Future<AdapterReference> reference(String source, double multiplier, PipelineDescriptor model) {
        throw new UnsupportedOperationException();
    }

    /**
     * Fetches an adapter for drawing.
     *
     * @return fails with LORA_CHANGED when the file is not what submission saw, LORA_URL_NOT_ALLOWED for a URL
     */
    public Future<AdapterFile> fetch(AdapterReference reference) {
        throw new UnsupportedOperationException();
    }

    /** Lets the threads go. */
    public Future<Void> close() {
        throw new UnsupportedOperationException();
    }
}
