package dev.atelier.plugin;

import java.nio.file.Path;
import java.util.Optional;

/** The components of a model's checkpoint that are on this machine. */
@FunctionalInterface
public interface ComponentFiles {
    /** No component is here. */
    ComponentFiles NONE = component -> Optional.empty();

    /**
     * Returns the folder or the file of a component.
     *
     * @param component a key of {@link PipelineDescriptor#components()}
     */
    Optional<Path> find(String component);
}
