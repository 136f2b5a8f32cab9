package dev.atelier.plugin;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An adapter as it lies on this machine, to be inspected.
 *
 * @param name what to call it in reports and messages
 * @param file the file, already confined by the caller
 * @param config the {@code adapter_config.json} that belongs to the file, already confined by the caller; null for none
 */
public record AdapterSource(
        String name, Path file, @Nullable Path config) {}
