package dev.atelier.plugin;

import java.util.Arrays;
import java.util.Optional;

/** How a request is read: the same words mean different pictures to the server and to the trainer's preview. */
public enum Profile {
    /** As the reference server reads it. */
    REFERENCE("reference"),
    /** As the trainer draws its previews. */
    AI_TOOLKIT_PREVIEW("ai-toolkit-preview"),
    /** As diffusers drew before its sigmas changed. */
    DIFFUSERS_LEGACY("diffusers-legacy");

    private final String id;

    Profile(String id) {
        this.id = id;
    }

    /** Returns the name that requests use. */
    public String id() {
        return id;
    }

    /** Returns the profile of that name. */
    public static Optional<Profile> ofId(String id) {
        return Arrays.stream(values()).filter(profile -> profile.id.equals(id)).findFirst();
    }
}
