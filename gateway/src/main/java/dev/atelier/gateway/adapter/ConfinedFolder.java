package dev.atelier.gateway.adapter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** A folder whose regular files can be named by clients, and nothing outside it, by whatever path. */
final class ConfinedFolder {
    private final Path base;

    ConfinedFolder(Path base) {
        this.base = base.toAbsolutePath().normalize();
    }

    /**
     * Returns the real path of a readable regular file inside the folder; empty for all else, without telling why. A
     * path that climbs out and comes back in is refused too: it would tell what the folder is called.
     */
    Optional<Path> find(String source) {
        if (source.isEmpty() || source.endsWith("/")) {
            return Optional.empty();
        }
        try {
            Path root = base.toRealPath();
            Path path = Path.of(source);
            Path file = path.isAbsolute() ? path.normalize() : climbless(path);
            if (!file.startsWith(base) && !file.startsWith(root)) {
                return Optional.empty();
            }
            Path real = file.toRealPath();
            boolean usable = real.startsWith(root) && Files.isRegularFile(real) && Files.isReadable(real);
            return usable ? Optional.of(real) : Optional.empty();
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    private Path climbless(Path relative) {
        Path path = relative.normalize();
        boolean climbs = path.startsWith("..");
        return climbs ? base.getRoot() : base.resolve(path);
    }
}
