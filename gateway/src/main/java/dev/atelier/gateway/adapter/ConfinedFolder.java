package dev.atelier.gateway.adapter;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A folder whose regular files can be named by clients, and nothing outside it, by whatever path. */
final class ConfinedFolder {
    /** How many files are listed at most. */
    static final int MOST_LISTED = 10_000;

    private static final int DEPTH = 16;

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

    /** Returns the adapter files that {@link #find} finds, by path; none when the folder is not there. */
    List<ListedAdapter> list() throws IOException {
        if (!Files.isDirectory(base)) {
            return List.of();
        }
        try (Stream<Path> files = Files.find(base, DEPTH, (file, attributes) -> isAdapter(file))) {
            List<ListedAdapter> listed = new ArrayList<>();
            for (Path file : files.sorted().limit(MOST_LISTED).toList()) {
                String name = base.relativize(file).toString().replace('\\', '/');
                Optional<Path> real = find(name);
                if (real.isPresent()) {
                    HashCache.Version version = HashCache.Version.of(real.get());
                    listed.add(new ListedAdapter(name, version.size(), version.modified()));
                }
            }
            return listed;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static boolean isAdapter(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".safetensors");
    }

    private Path climbless(Path relative) {
        Path path = relative.normalize();
        boolean climbs = path.startsWith("..");
        return climbs ? base.getRoot() : base.resolve(path);
    }
}
