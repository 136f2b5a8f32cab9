package dev.atelier.plugin;

import java.nio.file.Path;

/**
 * An adapter to apply: a checked local file, never a URL.
 *
 * @param name what to call it in reports: its source as the client sent it
 * @param file the file
 * @param sha256 of its content, 64 lower-case hexadecimal digits
 * @param multiplier its strength; may be negative; 0 is off
 */
public record AdapterFile(String name, Path file, String sha256, double multiplier) {
    /** Checks the multiplier. */
    public AdapterFile {
        if (!Double.isFinite(multiplier)) {
            throw new IllegalArgumentException("multiplier must be finite but was " + multiplier);
        }
    }
}
