package dev.atelier.gateway.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A plugin that may be loaded, by what its {@code plugin.properties} says.
 *
 * @param zip where it came from
 * @param content its unpacked files
 * @param id its id
 * @param version its version
 * @param requires the range of plugin-api versions that it works with
 * @param dependencies the plugins that it builds on
 */
record PluginCandidate(
        Path zip, Path content, String id, String version, String requires, List<Dependency> dependencies) {
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
        static Dependency parse(String text) {
            String[] parts = text.split("@", 2);
            String name = parts[0].strip();
            boolean optional = name.endsWith("?");
            String id = optional ? name.substring(0, name.length() - 1) : name;
            return new Dependency(id, parts.length == 2 ? parts[1].strip() : "*", optional);
        }
    }

    static PluginCandidate read(PluginArchive archive) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(archive.content().resolve("plugin.properties"))) {
            properties.load(in);
        }
        return new PluginCandidate(
                archive.zip(),
                archive.content(),
                required(properties, "plugin.id"),
                required(properties, "plugin.version"),
                range(properties.getProperty("plugin.requires", "*").strip()),
                Stream.of(properties.getProperty("plugin.dependencies", "").split(","))
                        .filter(text -> !text.isBlank())
                        .map(Dependency::parse)
                        .toList());
    }

    // PF4J reads a bare version as the oldest that will do.
    private static String range(String requires) {
        return requires.matches("\\d+\\.\\d+\\.\\d+") ? ">=" + requires : requires;
    }

    private static String required(Properties properties, String key) throws IOException {
        String value = properties.getProperty(key, "").strip();
        if (value.isEmpty()) {
            throw new IOException("plugin.properties has no " + key);
        }
        return value;
    }

    /** Returns the ids of the plugins that it builds on. */
    Set<String> dependencyIds() {
        return dependencies.stream().map(Dependency::id).collect(Collectors.toSet());
    }

    /** Returns why it cannot be loaded beside the others; null when it can. */
    @Nullable
    String refusal(Map<String, PluginCandidate> others, String apiVersion, BiPredicate<String, String> satisfies) {
        if (!satisfies.test(apiVersion, requires)) {
            return "it requires plugin-api " + requires + ", but this is " + apiVersion;
        }
        for (Dependency dependency : dependencies) {
            PluginCandidate other = others.get(dependency.id());
            if (other == null && !dependency.optional()) {
                return "it depends on plugin '" + dependency.id() + "', which cannot be loaded";
            }
            if (other != null && !satisfies.test(other.version(), dependency.range())) {
                return "it depends on plugin '%s' %s, but there is %s"
                        .formatted(other.id(), dependency.range(), other.version());
            }
        }
        return null;
    }
}
