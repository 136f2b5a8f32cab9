package dev.atelier.gateway.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.plugin.PipelineDescriptor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins that are switched off, in a file, so that a restart switches none on again. A line holds a plugin's id,
 * then, after a tab, what its models are, as JSON: they stay declared although none of its code is run. Gateways on one
 * data folder share the file; another's switches count here from the next start.
 */
final class PluginSwitches {
    private static final Logger LOG = LoggerFactory.getLogger(PluginSwitches.class);
    private static final TypeReference<List<PipelineDescriptor>> MODELS = new TypeReference<>() {};
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final Map<String, String> off;

    private PluginSwitches(Path file, Map<String, String> off) {
        this.file = file;
        this.off = off;
    }

    static PluginSwitches read(Path file) {
        try {
            return new PluginSwitches(file, lines(file));
        } catch (IOException e) {
            LOG.error("{} cannot be read, so no plugin is switched off: {}", file, e.toString());
            return new PluginSwitches(file, new TreeMap<>());
        }
    }

    private static Map<String, String> lines(Path file) throws IOException {
        Map<String, String> lines = new TreeMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                String[] parts = line.strip().split("\t", 2);
                if (!parts[0].isEmpty()) {
                    lines.put(parts[0], parts.length == 2 ? parts[1] : "[]");
                }
            }
        } catch (NoSuchFileException e) {
            LOG.debug("no plugin is switched off: there is no {}", file);
        }
        return lines;
    }

    Set<String> off() {
        return Set.copyOf(off.keySet());
    }

    /** Returns what the models of the plugins are that are switched off, as far as it was known then. */
    Map<String, List<PipelineDescriptor>> declared() {
        Map<String, List<PipelineDescriptor>> declared = new TreeMap<>();
        off.forEach((id, models) -> declared.put(id, parse(id, models)));
        return declared;
    }

    private List<PipelineDescriptor> parse(String id, String models) {
        try {
            return JSON.readValue(models, MODELS);
        } catch (JsonProcessingException e) {
            LOG.warn("{} does not tell the models of plugin {}: {}", file, id, e.getOriginalMessage());
            return List.of();
        }
    }

    /** Switches a plugin on or off. */
    void turn(String id, boolean on, List<PipelineDescriptor> models) {
        if (on == !off.containsKey(id)) {
            return;
        }
        try {
            Map<String, String> all = lines(file); // another gateway may have written it meanwhile
            turn(all, id, on, models);
            write(all);
        } catch (IOException e) {
            LOG.error("{} cannot be written, so a restart will not know of it: {}", file, e.toString());
        }
        turn(off, id, on, models);
    }

    private static void turn(Map<String, String> switches, String id, boolean on, List<PipelineDescriptor> models) {
        if (on) {
            switches.remove(id);
        } else {
            switches.put(id, json(models));
        }
    }

    private static String json(List<PipelineDescriptor> models) {
        try {
            return JSON.writeValueAsString(models);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a descriptor cannot be written", e);
        }
    }

    private void write(Map<String, String> all) throws IOException {
        PrivateFiles.createFolders(file.resolveSibling(""), PrivateFiles.Access.OWNER);
        StringBuilder lines = new StringBuilder();
        all.forEach((id, models) -> lines.append(id).append('\t').append(models).append(System.lineSeparator()));
        PrivateFiles.replace(file, lines.toString().getBytes(StandardCharsets.UTF_8), PrivateFiles.Access.OWNER);
    }
}
