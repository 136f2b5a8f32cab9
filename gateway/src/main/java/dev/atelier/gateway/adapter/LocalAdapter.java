package dev.atelier.gateway.adapter;

import dev.atelier.plugin.AdapterSource;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An adapter file below the base folder.
 *
 * @param file its real path
 * @param config the real path of PEFT's {@code adapter_config.json} beside an {@code adapter_model.safetensors}; null
 *     for none
 */
record LocalAdapter(Path file, @Nullable Path config) {
    AdapterSource source(String name) {
        return new AdapterSource(name, file, config);
    }
}
