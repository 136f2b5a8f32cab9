package dev.atelier.gateway.checkpoint;

import dev.atelier.plugin.PipelineDescriptor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the folders of checkpoints that are on this machine already. Downloads nothing, reads no file. */
public final class CheckpointStore {
    /**
     * Creates a store over these places, in order of precedence.
     *
     * @param given folders by repository, or by model id, which stands for its base repository
     * @param modelCacheDir plain folders, then the hub's layout; null when not set
     * @param hubCaches folders in the hub's layout
     */
    public CheckpointStore(Map<String, Path> given, @Nullable Path modelCacheDir, List<Path> hubCaches) {}

    /** Returns the hub's cache folders as its own library finds them: HF_HUB_CACHE, HF_HOME/hub, the user's cache. */
    public static List<Path> hubCaches(Map<String, String> environment, Path userHome) {
        throw new UnsupportedOperationException();
    }

    /**
     * Returns the folder of a component.
     *
     * @throws dev.atelier.plugin.PipelineException MODEL_NOT_AVAILABLE, saying where it was looked for
     */
    public Path folder(PipelineDescriptor model, String component) {
        throw new UnsupportedOperationException();
    }

    /** Returns why the model's checkpoint is incomplete; empty when each component's folder is there. */
    public Optional<String> missing(PipelineDescriptor model) {
        throw new UnsupportedOperationException();
    }
}
