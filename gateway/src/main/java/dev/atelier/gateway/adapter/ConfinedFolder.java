package dev.atelier.gateway.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A folder whose regular files can be named by clients, and nothing outside it, by whatever path. */
final class ConfinedFolder {
    /** How many files are listed at most. */
    static final int MOST_LISTED = 10_000;

    private static final int DEPTH = 16;
    private static final String PEFT_FILE = "adapter_model.safetensors";
    private static final String PEFT_CONFIG = "adapter_config.json";

    private final Path base;

    ConfinedFolder(Path base) {
        this.base = base.toAbsolutePath().normalize();
    }

    /**
     * Returns the real path of a readable regular file inside the folder; empty for all else, without telling why. A
     * path that climbs out and comes back in is refused too: it would tell what the folder is called.
     */
    Optional<Path> find(String source) {
        return named(source).flatMap(this::confined);
    }

    /**
     * Returns an adapter file as {@link #find} does, with the config that belongs to it. PEFT gives both their names,
     * so that no other file has one. They lie beside each other where the file is named, or where a link leads.
     *
     * @throws PipelineException LORA_INVALID when there is a config that cannot be read
     */
    Optional<LocalAdapter> findAdapter(String source) {
        return named(source)
                .flatMap(named -> confined(named).map(file -> new LocalAdapter(file, config(source, named, file))));
    }

    // A config that is there but cannot be read would change the adapter's strength without a word.
    private @Nullable Path config(String source, Path named, Path file) {
        Optional<Path> config = Stream.of(named, file)
                .filter(path -> path.endsWith(PEFT_FILE))
                .map(path -> path.resolveSibling(PEFT_CONFIG))
                .filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS))
                .findFirst();
        if (config.isEmpty()) {
            return null;
        }
        return confined(config.get())
                .orElseThrow(() -> new PipelineException(
                        ErrorCode.LORA_INVALID,
                        source + ": " + PEFT_CONFIG
                                + " beside it must be a readable file below the LoRA folder but is not"));
    }

    private Optional<Path> named(String source) {
        if (source.isEmpty() || source.endsWith("/")) {
            return Optional.empty();
        }
        try {
            Path path = Path.of(source);
            Path file = path.isAbsolute() ? path.normalize() : climbless(path);
            boolean below = file.startsWith(base) || file.startsWith(base.toRealPath());
            return below ? Optional.of(file) : Optional.empty();
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    private Optional<Path> confined(Path file) {
        try {
            Path real = file.toRealPath();
            boolean usable = real.startsWith(base.toRealPath()) && Files.isRegularFile(real) && Files.isReadable(real);
            return usable ? Optional.of(real) : Optional.empty();
        } catch (IOException e) {
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
