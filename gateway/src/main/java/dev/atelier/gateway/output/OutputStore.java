package dev.atelier.gateway.output;

import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.plugin.RgbImage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Optional;

/** Writes pictures under one base folder. Encoding and writing run on threads of their own. */
public final class OutputStore {
    /** Creates a store over a base folder, which is created when the first picture is written. */
    public OutputStore(Vertx vertx, Path base) {}

    /**
     * Encodes and writes a picture; whole or not at all.
     *
     * @return the absolute path
     */
    public Future<Path> save(String jobId, int index, int attempt, OutputFormat format, RgbImage image) {
        throw new UnsupportedOperationException();
    }

    /** Returns the file of a recorded picture, for sending; empty when it is not there or outside the base folder. */
    public Future<Optional<Path>> resolve(OutputImage image) {
        throw new UnsupportedOperationException();
    }

    /** Lets the threads go. */
    public Future<Void> close() {
        throw new UnsupportedOperationException();
    }
}
