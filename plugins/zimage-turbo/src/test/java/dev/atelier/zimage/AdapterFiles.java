package dev.atelier.zimage;

import dev.atelier.plugin.AdapterFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Adapter files as the gateway would hand them over. */
public final class AdapterFiles {
    private AdapterFiles() {}

    /** Returns a file with the hash of its present content. */
    public static AdapterFile of(String name, Path file, double multiplier) {
        return new AdapterFile(name, file, sha256(file), multiplier);
    }

    /** Returns the hash of a file; of one that is not there, that of nothing. */
    public static String sha256(Path file) {
        try {
            byte[] content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
