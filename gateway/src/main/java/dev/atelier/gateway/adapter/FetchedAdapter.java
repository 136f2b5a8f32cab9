package dev.atelier.gateway.adapter;

import dev.atelier.gateway.adapter.remote.RemoteFile;
import dev.atelier.plugin.AdapterFile;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * An adapter that is ready to be applied. The caller releases it when nobody reads the file any more.
 *
 * @param file what a pipeline gets
 * @param remote keeps a downloaded file in the cache; empty for a local one
 */
public record FetchedAdapter(AdapterFile file, Optional<RemoteFile> remote) {
    /** Lets the cache remove a downloaded file. A second call does nothing. */
    public Future<Void> release() {
        return remote.map(RemoteFile::release).orElseGet(Future::succeededFuture);
    }
}
