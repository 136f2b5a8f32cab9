package dev.atelier.gateway.health;

import org.jspecify.annotations.Nullable;

/**
 * One thing that was checked.
 *
 * @param name what was
 * @param problem why it is not well; null when it is
 */
public record Check(String name, @Nullable String problem) {
    /** Returns whether it is well. */
    public boolean ok() {
        return problem == null;
    }
}
