package dev.atelier.gateway.checkpoint;

import dev.atelier.plugin.ComponentFiles;
import dev.atelier.plugin.ComponentSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the folders of checkpoints that are on this machine already. Downloads nothing and reads no weights.
 *
 * <p>A plain folder is {@code ORG/NAME/}. The hub's layout is {@code models--ORG--NAME/snapshots/COMMIT/}, where
 * {@code refs/REVISION} holds the commit; the snapshot's files are links into {@code blobs/}, so that a repository's
 * folder is whole only with all of these.
 */
public final class CheckpointStore {
    private final Map<String, Path> given;
    private final @Nullable Path modelCacheDir;
    private final List<Path> hubCaches;

    /**
     * Creates a store over these places, in order of precedence.
     *
     * @param given folders by repository, or by model id, which stands for its base repository
     * @param modelCacheDir plain folders, then the hub's layout; null when not set
     * @param hubCaches folders in the hub's layout
     */
    public CheckpointStore(Map<String, Path> given, @Nullable Path modelCacheDir, List<Path> hubCaches) {
        this.given = Map.copyOf(given);
        this.modelCacheDir = modelCacheDir;
        this.hubCaches = List.copyOf(hubCaches);
    }

    /** Returns the hub's cache folders as its own library finds them: HF_HUB_CACHE, HF_HOME/hub, the user's cache. */
    public static List<Path> hubCaches(Map<String, String> environment, Optional<Path> userHome) {
        List<Path> caches = new ArrayList<>();
        String hub = environment.getOrDefault("HF_HUB_CACHE", "");
        if (!hub.isEmpty()) {
            caches.add(Path.of(hub));
        }
        String home = environment.getOrDefault("HF_HOME", "");
        if (!home.isEmpty()) {
            caches.add(Path.of(home, "hub"));
        }
        userHome.ifPresent(folder -> caches.add(folder.resolve(Path.of(".cache", "huggingface", "hub"))));
        return caches;
    }

    /**
     * Returns the folder of a component.
     *
     * @throws PipelineException MODEL_NOT_AVAILABLE, saying where it was looked for
     */
    public Path folder(PipelineDescriptor model, String component) {
        ComponentSource source = model.components().get(component);
        if (source == null) {
            throw new IllegalArgumentException("model '" + model.modelId() + "' has no component '" + component + "'");
        }
        List<Path> places = places(model, source);
        return places.stream()
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow(() ->
                        new PipelineException(ErrorCode.MODEL_NOT_AVAILABLE, absent(model, component, source, places)));
    }

    /** Returns the model's components that are on this machine. */
    public ComponentFiles local(PipelineDescriptor model) {
        return component -> {
            try {
                return model.components().containsKey(component)
                        ? Optional.of(folder(model, component))
                        : Optional.empty();
            } catch (PipelineException e) {
                return Optional.empty();
            }
        };
    }

    /** Returns why the model's checkpoint is incomplete; empty when each component's folder is there. */
    public Optional<String> missing(PipelineDescriptor model) {
        try {
            for (String component : new TreeSet<>(model.components().keySet())) {
                folder(model, component);
            }
            return Optional.empty();
        } catch (PipelineException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static String absent(
            PipelineDescriptor model, String component, ComponentSource source, List<Path> places) {
        return "Model '%s' is not available here: component '%s' of %s was not found; looked for %s. Download it, or name its folder with --checkpoint %s=FOLDER"
                .formatted(
                        model.modelId(),
                        component,
                        source.repository(),
                        places.isEmpty() ? "no folder, as none is configured" : join(places),
                        source.repository());
    }

    private static String join(List<Path> places) {
        return String.join(", ", places.stream().map(Path::toString).toList());
    }

    // A folder that was named for a repository is meant: nothing else is tried for it.
    private List<Path> places(PipelineDescriptor model, ComponentSource source) {
        Path named = given.get(source.repository());
        if (named == null && source.repository().equals(model.baseModel())) {
            named = given.get(model.modelId());
        }
        if (named != null) {
            return List.of(named.resolve(source.subfolder()));
        }
        List<Path> places = new ArrayList<>();
        if (modelCacheDir != null) {
            places.add(modelCacheDir.resolve(source.repository()).resolve(source.subfolder()));
            places.add(snapshot(modelCacheDir, source));
        }
        hubCaches.forEach(cache -> places.add(snapshot(cache, source)));
        return places;
    }

    private static Path snapshot(Path cache, ComponentSource source) {
        Path repository = cache.resolve("models--" + source.repository().replace("/", "--"));
        return repository
                .resolve("snapshots")
                .resolve(commit(repository, source.revision()))
                .resolve(source.subfolder());
    }

    // Without a ref of that name the revision is a commit already.
    private static String commit(Path repository, String revision) {
        Path ref = repository.resolve("refs").resolve(revision);
        try {
            return Files.isRegularFile(ref) ? Files.readString(ref).strip() : revision;
        } catch (IOException e) {
            return revision;
        }
    }
}
