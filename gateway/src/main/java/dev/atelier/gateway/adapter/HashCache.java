package dev.atelier.gateway.adapter;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sha256 of files, each with the config that belongs to it after it; computed again when a size or time is another.
 */
final class HashCache {
    private static final int ENTRIES = 10_000;
    private static final int BUFFER = 1 << 20;

    private final Map<Version, String> hashes = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Version, String> eldest) {
            return size() > ENTRIES;
        }
    });

    /**
     * A file as it was at one time.
     *
     * @param file its real path
     * @param size in bytes
     * @param modified its time
     * @param config of the file that belongs to it; null for none
     */
    record Version(
            Path file,
            long size,
            Instant modified,
            @Nullable Version config) {
        static Version of(Path file) throws IOException {
            return new Version(
                    file, Files.size(file), Files.getLastModifiedTime(file).toInstant(), null);
        }

        static Version of(LocalAdapter adapter) throws IOException {
            Version own = of(adapter.file());
            Path config = adapter.config();
            return config == null ? own : new Version(own.file, own.size, own.modified, of(config));
        }

        /** Returns the same file as it is now. */
        private Version now() throws IOException {
            Version own = of(file);
            return config == null ? own : new Version(own.file, own.size, own.modified, config.now());
        }
    }

    /** Returns the hash of that very version; empty when the file became another meanwhile. */
    Optional<String> sha256(Version version) throws IOException {
        String known = hashes.get(version);
        if (known != null) {
            return Optional.of(known);
        }
        String computed = compute(version);
        if (!version.now().equals(version)) {
            return Optional.empty();
        }
        hashes.put(version, computed);
        return Optional.of(computed);
    }

    private static String compute(Version version) throws IOException {
        MessageDigest digest = newDigest();
        update(digest, version.file());
        Version config = version.config();
        if (config != null) {
            update(digest, config.file());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, Path file) throws IOException {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
