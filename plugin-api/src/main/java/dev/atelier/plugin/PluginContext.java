package dev.atelier.plugin;

import java.nio.file.Path;
import java.util.Map;

/** What the gateway gives a plugin that opens a pipeline. */
public interface PluginContext {
    /** The device to open on. */
    Device device();

    /**
     * Returns the folder that holds a component of the checkpoint, such as {@code .../Z-Image-Turbo/transformer}. Files
     * in it may be symbolic links, as in a Hugging Face cache.
     *
     * @param component a key of {@link PipelineDescriptor#components()}
     * @throws PipelineException {@link ErrorCode#MODEL_NOT_AVAILABLE} when it is not on this machine, saying where it
     *     was looked for
     */
    Path checkpoint(String component);

    /** Bounds for what the pipeline may keep between images. */
    CacheBudget cacheBudget();

    /** Settings of this plugin by name, as the operator gave them; unknown names are the plugin's to refuse. */
    Map<String, String> settings();

    /** Where the pipeline counts what it does. */
    PluginMetrics metrics();
}
