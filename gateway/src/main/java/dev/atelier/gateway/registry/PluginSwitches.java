package dev.atelier.gateway.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The plugins that are switched off: one id a line in a file, so that a restart switches none on again. */
final class PluginSwitches {
    private static final Logger LOG = LoggerFactory.getLogger(PluginSwitches.class);

    private final Path file;
    private final Set<String> off;

    private PluginSwitches(Path file, Set<String> off) {
        this.file = file;
        this.off = off;
    }

    static PluginSwitches read(Path file) {
        try {
            return new PluginSwitches(
                    file,
                    Files.readAllLines(file).stream()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .collect(Collectors.toCollection(TreeSet::new)));
        } catch (NoSuchFileException e) {
            return new PluginSwitches(file, new TreeSet<>());
        } catch (IOException e) {
            LOG.error("{} cannot be read, so no plugin is switched off: {}", file, e.toString());
            return new PluginSwitches(file, new TreeSet<>());
        }
    }

    Set<String> off() {
        return Set.copyOf(off);
    }

    void turn(String id, boolean on) {
        if (on ? off.remove(id) : off.add(id)) {
            write();
        }
    }

    private void write() {
        try {
            Files.createDirectories(file.getParent());
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.write(next, off);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.error("{} cannot be written, so a restart will not know of it: {}", file, e.toString());
        }
    }
}
