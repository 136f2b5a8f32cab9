package dev.atelier.gateway.adapter.remote;

import dev.atelier.plugin.PipelineException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Looks at a file with somebody else's eyes, and speaks of it as the client does. */
final class Validation {
    private Validation() {}

    /** Runs a validator; a message that names the file names the URL instead. */
    static void check(Path file, Consumer<Path> validator, String source) {
        try {
            validator.accept(file);
        } catch (PipelineException e) {
            String shown = Failures.shown(source);
            String message = String.valueOf(e.getMessage())
                    .replace(file.toString(), shown)
                    .replace(file.getFileName().toString(), shown);
            throw new PipelineException(e.code(), message, e.details(), e.getCause());
        }
    }
}
