package dev.atelier.gateway.adapter.remote;

/** Hears how far a download is, on an event loop. */
@FunctionalInterface
public interface DownloadListener {
    /** Hears nothing. */
    DownloadListener NONE = (bytes, total) -> {};

    /**
     * More has come.
     *
     * @param bytes how much there is
     * @param total how much there will be; -1 when the server does not say
     */
    void onProgress(long bytes, long total);
}
