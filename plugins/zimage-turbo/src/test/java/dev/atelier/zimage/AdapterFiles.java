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
        Path config = file.resolveSibling("adapter_config.json");
        return file.endsWith("adapter_model.safetensors") && Files.exists(config)
                ? new AdapterFile(name, file, config, sha256(file, config), multiplier)
                : new AdapterFile(name, file, sha256(file), multiplier);
    }

    /** Returns the hash of files one after the other; of one that is not there, that of nothing. */
    public static String sha256(Path... files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                digest.update(Files.exists(file) ? Files.readAllBytes(file) : new byte[0]);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
