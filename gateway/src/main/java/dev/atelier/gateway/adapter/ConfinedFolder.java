package dev.atelier.gateway.adapter;

import dev.atelier.gateway.text.EditDistance;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
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
    private static final String EXTENSION = ".safetensors";
    private static final String PEFT_FILE = "adapter_model.safetensors";
    private static final String PEFT_CONFIG = "adapter_config.json";
    /** How many files and folders are visited for the closest names. */
    private static final int MOST_COMPARED = 5000;
    /** How much of a name is compared, from its end: comparing takes the square of it. */
    private static final int LONGEST_COMPARED = 64;

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

    Path base() {
        return base;
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
        Files.walkFileTree(root, Set.of(), DEPTH, collecting(files, Integer.MAX_VALUE));
        return files.stream()
                .sorted()
                .limit(MOST_LISTED)
                .map(file -> root.relativize(file).toString().replace('\\', '/'))
                .flatMap(name -> listed(name).stream())
                .toList();
    }

    /**
     * Returns the names of the files that resemble a name most, the closest first. A name is compared by its file name
     * and as a whole, without its extension and the case of its letters. Of a large folder only a part is compared.
     */
    List<String> closest(String source, int most) throws IOException {
        if (!Files.isDirectory(base)) {
            return List.of();
        }
        Path root = base.toRealPath();
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, Set.of(), DEPTH, collecting(files, MOST_COMPARED));
        String wanted = comparable(source);
        return files.stream()
                .map(file -> root.relativize(file).toString().replace('\\', '/'))
                .map(name -> Resemblance.of(wanted, name))
                .sorted(Resemblance.CLOSEST_FIRST)
                .map(Resemblance::name)
                .filter(name -> find(name).isPresent())
                .limit(most)
                .toList();
    }

    /** How far a file's name is from the wanted one, by the file name and as a whole. */
    private record Resemblance(String name, int distance, int whole) {
        static final Comparator<Resemblance> CLOSEST_FIRST = Comparator.comparingInt(Resemblance::distance)
                .thenComparingInt(Resemblance::whole)
                .thenComparing(Resemblance::name);

        static Resemblance of(String wanted, String name) {
            String compared = comparable(name);
            int whole = EditDistance.between(wanted, compared);
            return new Resemblance(
                    name, Math.min(whole, EditDistance.between(fileName(wanted), fileName(compared))), whole);
        }

        private static String fileName(String path) {
            return path.substring(path.lastIndexOf('/') + 1);
        }
    }

    private static String comparable(String name) {
        String end = name.substring(Math.max(0, name.length() - LONGEST_COMPARED - EXTENSION.length()))
                .toLowerCase(Locale.ROOT);
        return end.endsWith(EXTENSION) ? end.substring(0, end.length() - EXTENSION.length()) : end;
    }

    private static FileVisitor<Path> collecting(List<Path> files, int most) {
        return new SimpleFileVisitor<>() {
            private int visited;

            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return next();
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (isAdapter(file)) {
                    files.add(file);
                }
                return next();
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return next();
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) {
                return FileVisitResult.CONTINUE;
            }

            private FileVisitResult next() {
                visited++;
                return visited < most ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
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
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(EXTENSION);
    }

    private Path climbless(Path relative) {
        Path path = relative.normalize();
        boolean climbs = path.startsWith("..");
        return climbs ? base.getRoot() : base.resolve(path);
    }
}
