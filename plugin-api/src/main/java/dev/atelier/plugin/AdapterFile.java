package dev.atelier.plugin;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An adapter to apply: a checked local file, never a URL.
 *
 * @param name what to call it in reports: its source as the client sent it
 * @param file the file
 * @param config the {@code adapter_config.json} that belongs to the file; null for none
 * @param sha256 of the file's content, with the config's content after it where there is one; 64 lower-case hexadecimal
 *     digits
 * @param multiplier its strength; may be negative; 0 is off
 */
public record AdapterFile(String name, Path file, @Nullable Path config, String sha256, double multiplier) {
    /** Checks the multiplier. */
    public AdapterFile {
        if (!Double.isFinite(multiplier)) {
            throw new IllegalArgumentException("multiplier must be finite but was " + multiplier);
        }
    }

    /** An adapter without a config. */
    public AdapterFile(String name, Path file, String sha256, double multiplier) {
        this(name, file, null, sha256, multiplier);
    }

    /** Returns what an inspection takes of it. */
    public AdapterSource source() {
        return new AdapterSource(name, file, config);
    }
}
