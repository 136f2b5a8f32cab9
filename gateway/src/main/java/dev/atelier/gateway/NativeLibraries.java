package dev.atelier.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Sets the folder in which libraries unpack their native code: one private folder, because the folder for temporary
 * files may be read-only or mounted without the right to execute, and other users may write it.
 */
final class NativeLibraries {
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final int MOUNT_POINT = 4;
    private static final int OPTIONS = 5;

    private static final String TOKENIZER = "ENGINE_CACHE_DIR";

    /** System properties of SQLite's driver, JNA, Netty, the tokenizer, and the device probe of this project. */
    private static final List<String> PROPERTIES =
            List.of("org.sqlite.tmpdir", "jna.tmpdir", "io.netty.native.workdir", TOKENIZER, "atelier.natives");

    private NativeLibraries() {}

    /**
     * Checks that native code can be loaded from a folder.
     *
     * @throws IOException when its file system is mounted noexec
     */
    static void requireExecutable(Path folder) throws IOException {
        if (!Files.isReadable(MOUNTS)) {
            return; // no Linux
        }
        Path real = folder.toRealPath();
        String options = "";
        int longest = 0;
        for (String line : Files.readAllLines(MOUNTS)) {
            String[] fields = line.split(" ");
            if (fields.length > OPTIONS) {
                Path mounted = Path.of(unescaped(fields[MOUNT_POINT]));
                // of two mounts on one folder the later one counts
                if (real.startsWith(mounted) && mounted.getNameCount() >= longest) {
                    longest = mounted.getNameCount();
                    options = fields[OPTIONS];
                }
            }
        }
        if (Arrays.asList(options.split(",")).contains("noexec")) {
            throw new IOException(folder + " is on a file system that is mounted noexec");
        }
    }

    // Linux writes a space, a tab, a new line and a backslash in a mount point as three octal digits.
    private static String unescaped(String field) {
        return field.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }

    /**
     * Sets the folder for all libraries, except where the operator chose one. Comes before their first use.
     *
     * @param folder checked, of this user
     */
    static void unpackTo(Path folder) {
        for (String property : PROPERTIES) {
            boolean chosen = property.equals(TOKENIZER) && System.getenv(TOKENIZER) != null;
            if (!chosen && System.getProperty(property) == null) {
                System.setProperty(property, folder.toString());
            }
        }
    }
}
