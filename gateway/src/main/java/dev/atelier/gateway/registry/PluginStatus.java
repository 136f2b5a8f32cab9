package dev.atelier.gateway.registry;

import dev.atelier.plugin.TextToImagePlugin;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A plugin as the registry has it.
 *
 * @param id from its descriptor, or the zip's name where that could not be read
 * @param version from its descriptor; empty where that could not be read
 * @param state whether it serves
 * @param models its models; empty unless it has started
 * @param reason why it failed; null unless it did
 */
public record PluginStatus(
        String id,
        String version,
        State state,
        List<TextToImagePlugin> models,
        @Nullable String reason) {
    /** What became of a plugin. */
    public enum State {
        /** It serves. */
        STARTED,
        /** It could not be loaded or started. */
        FAILED
    }

    /** Copies the list. */
    public PluginStatus {
        models = List.copyOf(models);
    }
}
