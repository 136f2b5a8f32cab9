package dev.atelier.gateway.adapter.remote;

import io.vertx.core.Future;
import java.nio.file.Path;

/** A fetched file, which stays in the cache until it is released. */
public final class RemoteFile {
    private final Path path;
    private final String name;
    private final Lease lease;
    private final FileTasks files;

    RemoteFile(Path path, String name, Lease lease, FileTasks files) {
        this.path = path;
        this.name = name;
        this.lease = lease;
        this.files = files;
    }

    /** Returns the file. */
    public Path path() {
        return path;
    }

    /** Returns what to call it: the source without a query. */
    public String name() {
        return name;
    }

    /** Lets the cache remove the file; to be called when nobody reads it any more. A second call does nothing. */
    public Future<Void> release() {
        return files.run(name, lease::close);
    }
}
