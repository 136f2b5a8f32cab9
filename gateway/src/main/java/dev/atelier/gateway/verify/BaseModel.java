package dev.atelier.gateway.verify;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Maps the trainer's {@code model} section to the id of the model that generates its samples. */
final class BaseModel {
    /** By repository: a hand-written config often has {@code arch: zimage} with the Turbo repository. */
    private static final Map<String, String> OF_REPOSITORY = Map.of(
            "tongyi-mai/z-image-turbo", "zimage_turbo",
            "tongyi-mai/z-image", "zimage",
            "ostris/z-image-de-turbo", "zimage_deturbo");

    private static final Set<String> OF_ARCH = Set.of("zimage", "zimage_turbo", "zimage_deturbo");

    private BaseModel() {}

    /**
     * Returns the model id.
     *
     * @throws TrainingJobException {@link TrainingJobException#UNSUPPORTED_ARCH}
     */
    static String modelId(ConfigSection model) {
        String arch = model.text("arch").orElse("");
        String id = arch.replace(':', '_');
        if (!arch.split(":", 2)[0].equals("zimage") || !OF_ARCH.contains(id)) {
            throw new TrainingJobException(
                    TrainingJobException.UNSUPPORTED_ARCH,
                    "config.yaml: model.arch is '" + arch + "'; samples of zimage, zimage:turbo and zimage:deturbo can"
                            + " be verified");
        }
        return OF_REPOSITORY.getOrDefault(repository(model), id);
    }

    /** Returns whether the base model is a repository whose model is known by name. */
    static boolean isKnownRepository(ConfigSection model) {
        return OF_REPOSITORY.containsKey(repository(model));
    }

    private static String repository(ConfigSection model) {
        String name = model.text("name_or_path").orElse("").strip();
        while (name.endsWith("/")) {
            name = name.substring(0, name.length() - 1);
        }
        return name.toLowerCase(Locale.ROOT);
    }
}
