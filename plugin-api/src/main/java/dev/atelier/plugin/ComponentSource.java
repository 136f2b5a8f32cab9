package dev.atelier.plugin;

/**
 * Where a component of a checkpoint comes from.
 *
 * @param repository the Hugging Face repository, such as {@code Tongyi-MAI/Z-Image-Turbo}
 * @param revision branch, tag or commit
 * @param subfolder the folder inside the repository; empty for its root
 */
public record ComponentSource(String repository, String revision, String subfolder) {}
