package dev.atelier.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a {@code .env} file. A line is empty, a comment ({@code #}), or {@code [export] NAME=VALUE}; a value may stand
 * in single or double quotes, and an unquoted one ends at a space and {@code #}.
 */
final class DotEnv {
    private static final Pattern LINE = Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*(.*)");

    private DotEnv() {}

    /**
     * Reads a file; one that is not there is empty. Lines of other shapes are not ours to judge and are passed over.
     *
     * @throws ConfigException when the file is there and cannot be read
     */
    static Map<String, String> read(Path file) {
        Map<String, String> values = new LinkedHashMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                Matcher matcher = LINE.matcher(line.strip());
                if (matcher.matches()) {
                    values.put(matcher.group(1), unquote(matcher.group(2)));
                }
            }
            return values;
        } catch (NoSuchFileException e) {
            return Map.of();
        } catch (IOException e) {
            throw new ConfigException(file + " cannot be read: " + e.getMessage());
        }
    }

    private static String unquote(String value) {
        char first = value.isEmpty() ? ' ' : value.charAt(0);
        int end = first == '"' || first == '\'' ? value.indexOf(first, 1) : -1;
        return end > 0 ? value.substring(1, end) : value.split("\\s+#", 2)[0].strip();
    }
}
