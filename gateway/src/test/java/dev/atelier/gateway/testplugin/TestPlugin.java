package dev.atelier.gateway.testplugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A plugin zip to be written.
 *
 * @param properties the lines of {@code plugin.properties}
 * @param settings the lines of {@link ProceduralModel}'s own settings
 * @param extensions the classes that it contributes; their package's classes are copied into the zip
 * @param files further entries by path
 */
public record TestPlugin(
        Map<String, String> properties,
        Map<String, String> settings,
        List<Class<?>> extensions,
        Map<String, byte[]> files) {
    /** Copies the collections. */
    public TestPlugin {
        properties = new TreeMap<>(properties);
        settings = new TreeMap<>(settings);
        extensions = List.copyOf(extensions);
        files = new LinkedHashMap<>(files);
    }

    /** Returns a plugin that contributes one procedural model. */
    public static TestPlugin procedural(String modelId) {
        return of("test-" + modelId, ProceduralModel.class).setting("model", modelId);
    }

    /** Returns a plugin that contributes these extensions. */
    public static TestPlugin of(String id, Class<?>... extensions) {
        return new TestPlugin(
                Map.of("plugin.id", id, "plugin.version", "1.0.0"), Map.of(), List.of(extensions), Map.of());
    }

    /** Returns this with another line of {@code plugin.properties}. */
    public TestPlugin property(String key, String value) {
        Map<String, String> changed = new TreeMap<>(properties);
        changed.put(key, value);
        return new TestPlugin(changed, settings, extensions, files);
    }

    /** Returns this with another setting: see {@link ProceduralModel}. */
    public TestPlugin setting(String key, String value) {
        Map<String, String> changed = new TreeMap<>(settings);
        changed.put(key, value);
        return new TestPlugin(properties, changed, extensions, files);
    }

    /** Returns this with another file. */
    public TestPlugin file(String path, byte[] content) {
        Map<String, byte[]> changed = new LinkedHashMap<>(files);
        changed.put(path, content);
        return new TestPlugin(properties, settings, extensions, changed);
    }

    /** Writes {@code ID-VERSION.zip} into a folder and returns it. */
    public Path writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path zip = folder.resolve(properties.get("plugin.id") + "-" + properties.get("plugin.version") + ".zip");
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream entries = new ZipOutputStream(out)) {
            put(entries, "plugin.properties", lines(properties));
            put(entries, "classes" + ProceduralModel.SETTINGS, lines(settings));
            put(
                    entries,
                    "classes/META-INF/extensions.idx",
                    extensions.stream()
                            .map(Class::getName)
                            .collect(Collectors.joining("\n"))
                            .getBytes(StandardCharsets.UTF_8));
            for (Class<?> type : List.of(ProceduralModel.class, ProceduralPipeline.class, Gate.class, Room.class)) {
                putClass(entries, type);
            }
            for (Class<?> type : extensions) {
                if (type != ProceduralModel.class) {
                    putClass(entries, type);
                }
            }
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                put(entries, file.getKey(), file.getValue());
            }
        }
        return zip;
    }

    private static void putClass(ZipOutputStream entries, Class<?> type) throws IOException {
        String path = type.getName().replace('.', '/') + ".class";
        try (InputStream in = type.getResourceAsStream("/" + path)) {
            put(entries, "classes/" + path, in.readAllBytes());
        }
    }

    private static void put(ZipOutputStream entries, String path, byte[] content) throws IOException {
        entries.putNextEntry(new ZipEntry(path));
        entries.write(content);
        entries.closeEntry();
    }

    private static byte[] lines(Map<String, String> values) {
        return values.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
    }
}
