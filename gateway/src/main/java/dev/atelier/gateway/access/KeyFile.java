package dev.atelier.gateway.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The file that lists the keys. A line is empty, a comment ({@code #}), or {@code NAME SHA256 [admin]}, where the hash
 * is the key's SHA-256 in hexadecimal digits. Keys of one name are equal in what they may do.
 */
final class KeyFile {
    private KeyFile() {}

    /**
     * Reads the file's text; blocks.
     *
     * @throws IOException when it cannot be read
     */
    static String text(Path file) throws IOException {
        return Files.readString(file);
    }

    /**
     * Returns the keys that a text lists.
     *
     * @throws IllegalArgumentException naming the line, and never what stands in it: it may be a key by mistake
     */
    static List<ApiKey> parse(String text) {
        List<ApiKey> keys = new ArrayList<>();
        Set<String> hashes = new HashSet<>();
        Map<String, Boolean> admins = new HashMap<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            ApiKey key = parse(line, i + 1);
            require(hashes.add(key.sha256()), i + 1, "the key is listed already");
            Boolean admin = admins.putIfAbsent(key.name(), key.admin());
            require(admin == null || admin == key.admin(), i + 1, "the name has a key of the other kind already");
            keys.add(key);
        }
        return keys;
    }

    private static ApiKey parse(String line, int number) {
        try {
            return ApiKey.parse(line);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
        }
    }

    private static void require(boolean condition, int number, String problem) {
        if (!condition) {
            throw new IllegalArgumentException("line " + number + ": " + problem);
        }
    }
}
