package dev.atelier.plugin;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Where a component of a checkpoint comes from.
 *
 * @param repository the Hugging Face repository, such as {@code Tongyi-MAI/Z-Image-Turbo}
 * @param revision branch, tag or commit
 * @param subfolder the folder inside the repository; empty for its root
 */
public record ComponentSource(String repository, String revision, String subfolder) {
    private static final Pattern REPOSITORY = Pattern.compile("[\\w-][\\w.-]*/[\\w-][\\w.-]*");
    private static final Pattern PATH = Pattern.compile("[^/\\\\\\p{Cntrl}][^\\\\\\p{Cntrl}]*");

    /**
     * Checks that all three can be parts of a path that stays inside the folder of checkpoints.
     *
     * @throws IllegalArgumentException naming the field and the value
     */
    public ComponentSource {
        if (repository == null || !REPOSITORY.matcher(repository).matches()) {
            throw new IllegalArgumentException("repository must be ORGANISATION/NAME but was " + repository);
        }
        if (revision == null || revision.isBlank() || !isInside(revision)) {
            throw new IllegalArgumentException("revision must be a branch, tag or commit but was " + revision);
        }
        if (subfolder == null || !subfolder.isEmpty() && !isInside(subfolder)) {
            throw new IllegalArgumentException("subfolder must be a path inside the repository but was " + subfolder);
        }
    }

    private static boolean isInside(String path) {
        return PATH.matcher(path).matches() && !List.of(path.split("/")).contains("..");
    }
}
