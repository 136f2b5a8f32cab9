package dev.atelier.gateway.adapter;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A folder whose regular files can be named by clients, and nothing outside it, by whatever path. */
final class ConfinedFolder {
    /** How many files are listed at most. */
    static final int MOST_LISTED = 10_000;

    private static final int DEPTH = 16;

    private final Path base;

    ConfinedFolder(Path base) {
        this.base = base.toAbsolutePath().normalize();
    }

    /** Fails when the folder does not exist. */
    void requireThere() throws IOException {
        if (!Files.isDirectory(base)) {
            throw new NoSuchFileException(base.toString());
        }
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

    /**
     * Returns the adapter files that {@link #find} finds, by path; none when the folder is not there. What cannot be
     * read, or goes while it is listed, is left out.
     */
    List<ListedAdapter> list() throws IOException {
        if (!Files.isDirectory(base)) {
            return List.of();
        }
        Path root = base.toRealPath();
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, Set.of(), DEPTH, collecting(files));
        return files.stream()
                .sorted()
                .limit(MOST_LISTED)
                .map(file -> root.relativize(file).toString().replace('\\', '/'))
                .flatMap(name -> listed(name).stream())
                .toList();
    }

    private static FileVisitor<Path> collecting(List<Path> files) {
        return new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (isAdapter(file)) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) {
                return FileVisitResult.CONTINUE;
            }
        };
    }

    private Optional<ListedAdapter> listed(String name) {
        Optional<Path> real = find(name);
        if (real.isEmpty()) {
            return Optional.empty();
        }
        try {
            HashCache.Version version = HashCache.Version.of(real.get());
            return Optional.of(new ListedAdapter(name, version.size(), version.modified()));
        } catch (IOException e) {
            return Optional.empty(); // gone meanwhile
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
