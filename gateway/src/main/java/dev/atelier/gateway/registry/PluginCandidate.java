package dev.atelier.gateway.registry;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A plugin that may be loaded, by what its {@code plugin.properties} says.
 *
 * @param zip where it came from
 * @param sha256 of the zip
 * @param content its unpacked files
 * @param id its id
 * @param version its version
 * @param requires the range of plugin-api versions that it works with
 * @param dependencies the plugins that it builds on
 */
record PluginCandidate(
        Path zip,
        String sha256,
        Path content,
        String id,
        String version,
        String requires,
        List<Dependency> dependencies) {
    private static final String PROPERTIES = "plugin.properties";
    private static final int MOST_PROPERTIES_BYTES = 65_536;
    private static final int MOST_DEPENDENCIES = 100;
    private static final int MOST_SHOWN = 100;
    /** An id names metrics, settings and paths of the API. */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.+-]{0,63}");
    private static final Pattern RANGE = Pattern.compile("[ -~]{1,200}");

    /** Copies the list. */
    PluginCandidate {
        dependencies = List.copyOf(dependencies);
    }

    /**
     * A plugin that another builds on; written {@code ID}, {@code ID?} where it may be absent, {@code ID@RANGE}.
     *
     * @param id its id
     * @param range the versions that will do
     * @param optional whether the other does without it
     */
    record Dependency(String id, String range, boolean optional) {
        static Dependency parse(String text) throws IOException {
            String[] parts = text.split("@", 2);
            String name = parts[0].strip();
            boolean optional = name.endsWith("?");
            String id = optional ? name.substring(0, name.length() - 1) : name;
            String range = parts.length == 2 ? parts[1].strip() : "*";
            return new Dependency(
                    plain("plugin.dependencies", id, ID), plain("plugin.dependencies", range, RANGE), optional);
        }
    }

    /**
     * Reads what an unpacked plugin says about itself.
     *
     * @throws IOException when it says too little
     * @throws RuntimeException when a version or a range cannot be understood
     */
    static PluginCandidate read(PluginArchive archive) throws IOException {
        Properties properties = properties(archive.content());
        PluginCandidate candidate = new PluginCandidate(
                archive.zip(),
                archive.sha256(),
                archive.content(),
                plain("plugin.id", required(properties, "plugin.id"), ID),
                plain("plugin.version", required(properties, "plugin.version"), VERSION),
                range(plain(
                        "plugin.requires",
                        properties.getProperty("plugin.requires", "*").strip(),
                        RANGE)),
                dependencies(properties.getProperty("plugin.dependencies", "")));
        candidate.requireReadableVersions();
        return candidate;
    }

    private static List<Dependency> dependencies(String text) throws IOException {
        List<Dependency> dependencies = new ArrayList<>();
        for (String part : text.split(",", MOST_DEPENDENCIES + 1)) {
            if (!part.isBlank()) {
                dependencies.add(Dependency.parse(part));
            }
        }
        return dependencies;
    }

    /** Returns a value that fits; what does not is shown in part. */
    private static String plain(String key, String value, Pattern pattern) throws IOException {
        if (!pattern.matcher(value).matches()) {
            String shown = value.length() <= MOST_SHOWN ? value : value.substring(0, MOST_SHOWN) + "...";
            throw new IOException(key + " must match " + pattern + " but is '" + shown + "'");
        }
        return value;
    }

    // What cannot be read must end this plugin alone, so it is tried before others are compared with it.
    private void requireReadableVersions() {
        Versions.satisfies(version, requires);
        dependencies.forEach(dependency -> Versions.satisfies("0.0.0", dependency.range()));
        Versions.compare(version, version);
    }

    private static Properties properties(Path content) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(content.resolve(PROPERTIES))) {
            byte[] bytes = in.readNBytes(MOST_PROPERTIES_BYTES + 1);
            if (bytes.length > MOST_PROPERTIES_BYTES) {
                throw new IOException(
                        PROPERTIES + " may have at most " + MOST_PROPERTIES_BYTES + " bytes but has more");
            }
            properties.load(new ByteArrayInputStream(bytes));
        } catch (NoSuchFileException e) { // reasons are told by their root
            throw new FileNotFoundException("the zip has no " + PROPERTIES);
        }
        return properties;
    }

    // PF4J reads a bare version as the oldest that will do.
    private static String range(String requires) {
        return requires.matches("\\d+\\.\\d+\\.\\d+") ? ">=" + requires : requires;
    }

    private static String required(Properties properties, String key) throws IOException {
        String value = properties.getProperty(key, "").strip();
        if (value.isEmpty()) {
            throw new IOException("the plugin's description has no " + key);
        }
        return value;
    }

    /** Returns the ids of the plugins that it builds on. */
    Set<String> dependencyIds() {
        return dependencies.stream().map(Dependency::id).collect(Collectors.toSet());
    }

    /**
     * Why a plugin cannot be loaded beside others.
     *
     * @param reason for people
     * @param dependency the plugin that it fails by; null when it is its own fault
     */
    record Refusal(String reason, @Nullable String dependency) {}

    /** Returns why it cannot be loaded beside the others; empty when it can. */
    Optional<Refusal> refusal(Map<String, PluginCandidate> others, String apiVersion) {
        if (!Versions.satisfies(apiVersion, requires)) {
            return Optional.of(new Refusal("it requires plugin-api " + requires + ", but this is " + apiVersion, null));
        }
        for (Dependency dependency : dependencies) {
            PluginCandidate other = others.get(dependency.id());
            if (other == null && !dependency.optional()) {
                return Optional.of(new Refusal(
                        "it depends on plugin '" + dependency.id() + "', which cannot be loaded", dependency.id()));
            }
            if (other != null && !Versions.satisfies(other.version(), dependency.range())) {
                String reason = "it depends on plugin '%s' %s, but there is %s"
                        .formatted(other.id(), dependency.range(), other.version());
                return Optional.of(new Refusal(reason, dependency.id()));
            }
        }
        return Optional.empty();
    }
}
