package dev.atelier.gateway.registry;

import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.TextToImagePlugin;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A plugin as the registry has it.
 *
 * @param id from its descriptor, or the zip's name where that could not be read
 * @param version from its descriptor; empty where that could not be read
 * @param state whether it serves
 * @param models its models; empty unless it has started
 * @param declared what its models are, as far as that is known; also while it does not serve
 * @param reason why it failed, or why another version of it was not taken; null when nothing is to be said
 * @param since when it came to this
 */
public record PluginStatus(
        String id,
        String version,
        State state,
        List<TextToImagePlugin> models,
        List<PipelineDescriptor> declared,
        @Nullable String reason,
        Instant since) {
    /** What became of a plugin. */
    public enum State {
        /** It serves. */
        STARTED,
        /** It could not be loaded, started or opened. */
        FAILED,
        /** It was switched off. */
        DISABLED,
        /** Its zip is not there in full. */
        WAITING
    }

    /** Copies the lists. */
    public PluginStatus {
        models = List.copyOf(models);
        declared = List.copyOf(declared);
    }

    /** Returns this, with the time of a former status that said the same. */
    PluginStatus after(@Nullable PluginStatus former) {
        if (former == null
                || former.state != state
                || !former.version.equals(version)
                || !former.models.equals(models)
                || !Objects.equals(former.reason, reason)) {
            return this;
        }
        return new PluginStatus(id, version, state, models, declared, reason, former.since);
    }
}
