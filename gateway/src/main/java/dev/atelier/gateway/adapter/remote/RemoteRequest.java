package dev.atelier.gateway.adapter.remote;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An adapter to be fetched.
 *
 * @param source an http or https URL, or {@code hf://ORGANISATION/REPOSITORY[@REVISION]/FILE}
 * @param token of the client for the hub; an empty one is none
 * @param validator throws a {@link dev.atelier.plugin.PipelineException} when a file is no adapter; may block
 * @param listener hears how far the download is
 */
public record RemoteRequest(
        String source, Optional<String> token, Consumer<Path> validator, DownloadListener listener) {
    /** Drops an empty token. */
    public RemoteRequest {
        token = token.map(String::strip).filter(text -> !text.isEmpty());
    }

    /** Returns the URL without its query, and no token. */
    @Override
    public String toString() {
        return Failures.shown(source);
    }
}
