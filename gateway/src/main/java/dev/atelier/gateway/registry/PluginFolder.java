package dev.atelier.gateway.registry;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that plugin zips are dropped into, as it has settled. A zip counts once two looks in a row found it
 * unchanged and it is whole; until then what it replaces still counts. One that is gone counts until the second look
 * that misses it. Used by one thread at a time.
 */
final class PluginFolder {
    private static final Logger LOG = LoggerFactory.getLogger(PluginFolder.class);
    private static final String SUFFIX = ".zip";

    private final Path folder;
    private final UnpackFolder unpacked;
    private final TrustedKeys trusted;
    private final Map<Path, Seen> zips = new TreeMap<>();
    private boolean looked;

    /**
     * Watches a folder.
     *
     * @param folder only read; may be absent
     * @param unpacked where zips are copied and unpacked
     */
    PluginFolder(Path folder, UnpackFolder unpacked, TrustedKeys trusted) {
        this.folder = folder;
        this.unpacked = unpacked;
        this.trusted = trusted;
    }

    /** A zip over several looks. */
    private static final class Seen {
        private Optional<Stamp> last = Optional.empty();
        private @Nullable Stamp taken;
        private @Nullable Found found;
        private @Nullable PluginCandidate good;
        private int missed;
    }

    /** What tells one state of a zip and its signature from another. */
    private record Stamp(FileStamp zip, Optional<FileStamp> signature) {}

    private record FileStamp(
            long size, FileTime modified, @Nullable Object key) {
        static FileStamp of(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileStamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    /**
     * What a zip turned out to be.
     *
     * @param candidate the plugin; null when it is none
     * @param reason why it is none; empty when it is one
     * @param whole whether it is there in full; a part is no failure, only not yet there
     */
    private record Found(@Nullable PluginCandidate candidate, String reason, boolean whole) {}

    /**
     * A zip that is no plugin.
     *
     * @param zip its file's name
     * @param reason why
     * @param whole whether it is there in full; a part is no failure, only not yet there
     */
    record Problem(String zip, String reason, boolean whole) {}

    /** Looks once. What is there at the first look need not have settled. */
    void look() {
        try {
            Set<Path> present = list();
            present.forEach(zip -> zips.computeIfAbsent(zip, key -> new Seen()));
            zips.forEach((zip, seen) -> look(zip, seen, present.contains(zip)));
            zips.values().removeIf(seen -> seen.missed > 1);
        } catch (IOException e) {
            LOG.warn("the plugin folder {} cannot be read, nothing is changed: {}", folder, e.toString());
        }
        looked = true;
    }

    /** Has a zip, by its name or its plugin's id, taken anew at the next look although it has not changed. */
    void forget(String id) {
        zips.forEach((zip, seen) -> {
            if (id(zip, seen).equals(id) || name(zip).equals(id)) {
                seen.taken = null;
            }
        });
    }

    /** Returns the id of the plugin in the zip of a name; the name, or what else is given, where there is none. */
    String pluginId(String name) {
        return zips.entrySet().stream()
                .filter(zip -> name(zip.getKey()).equals(name))
                .map(zip -> id(zip.getKey(), zip.getValue()))
                .findFirst()
                .orElse(name);
    }

    private static String id(Path zip, Seen seen) {
        Found found = seen.found;
        return found == null || found.candidate() == null
                ? name(zip)
                : found.candidate().id();
    }

    private static String name(Path zip) {
        return String.valueOf(zip.getFileName());
    }

    private Set<Path> list() throws IOException {
        if (!looked && Files.notExists(folder)) {
            LOG.warn("there is no plugin folder {}: no model will be served until there is", folder);
            return Set.of();
        }
        if (zips.isEmpty() && Files.notExists(folder)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(SUFFIX))
                    .filter(Files::isRegularFile)
                    .collect(Collectors.toSet());
        }
    }

    private void look(Path zip, Seen seen, boolean present) {
        Optional<Stamp> now = present ? stamp(zip) : Optional.empty();
        seen.missed = now.isPresent() ? 0 : seen.missed + 1;
        boolean settled = !looked || now.equals(seen.last);
        seen.last = now;
        if (now.isEmpty() || !settled || now.get().equals(seen.taken)) {
            return;
        }
        Found found = take(zip);
        if (!stamp(zip).equals(now)) {
            return; // it changed meanwhile
        }
        if (found.whole()) {
            seen.taken = now.get();
            seen.found = found;
            seen.good = found.candidate() == null ? seen.good : found.candidate();
        } else if (seen.found == null || !seen.found.whole()) {
            seen.found = found; // tried again at each look: the last byte may leave no other trace
        }
    }

    private static Optional<Stamp> stamp(Path zip) {
        try {
            Path signature = TrustedKeys.signatureOf(zip);
            return Optional.of(new Stamp(
                    FileStamp.of(zip),
                    Files.exists(signature) ? Optional.of(FileStamp.of(signature)) : Optional.empty()));
        } catch (IOException e) {
            return Optional.empty(); // gone between two looks
        }
    }

    private Found take(Path zip) {
        try {
            return new Found(PluginCandidate.read(PluginArchive.unpack(zip, unpacked, trusted)), "", true);
        } catch (ZipException | FileSystemException e) {
            return new Found(null, "it cannot be read yet: " + Reasons.of(e), false);
        } catch (IOException | RuntimeException e) {
            return new Found(null, Reasons.of(e), true);
        }
    }

    /** Returns the candidates that count; where a zip was overwritten with none, the one that it was before. */
    List<PluginCandidate> candidates() {
        return zips.values().stream()
                .flatMap(seen -> Optional.ofNullable(seen.good).stream())
                .toList();
    }

    /** Returns the zips that are no plugins. */
    List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        zips.forEach((zip, seen) -> {
            Found found = seen.found;
            if (found != null && found.candidate() == null) {
                problems.add(new Problem(name(zip), found.reason(), found.whole()));
            }
        });
        return problems;
    }
}
