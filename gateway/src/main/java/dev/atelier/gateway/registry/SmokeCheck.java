package dev.atelier.gateway.registry;

import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePlugin;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a started plugin must be able to do without a checkpoint before anything is routed to it. Draws nothing. */
final class SmokeCheck {
    private static final int LONGEST_ID = 100;

    private SmokeCheck() {}

    /**
     * Checks a plugin's models.
     *
     * @throws IllegalStateException saying what is wrong
     */
    static void check(List<TextToImagePlugin> models) {
        Set<String> ids = new HashSet<>();
        for (TextToImagePlugin model : models) {
            PipelineDescriptor descriptor = model.descriptor();
            String id = descriptor.modelId();
            require(
                    id.length() <= LONGEST_ID && id.chars().noneMatch(SmokeCheck::isOdd),
                    "model id '" + id + "' is odd");
            require(ids.add(id), "it declares model '" + id + "' twice");
            require(descriptor.equals(model.descriptor()), "model '" + id + "' describes itself in different ways");
            check(descriptor);
        }
    }

    private static void check(PipelineDescriptor model) {
        String name = "model '" + model.modelId() + "'";
        require(model.profiles().contains(Profile.REFERENCE), name + " cannot draw the reference profile");
        require(model.resolutions().contains("Default"), name + " cannot draw the resolution 'Default'");
        GenerationDefaults defaults = model.defaults();
        GenerationPlan minimal = new GenerationPlan(
                "a",
                "",
                defaults.size().floorTo(model.resolutionDivisor()),
                "Default",
                defaults.steps(),
                defaults.guidanceScale(),
                defaults.seed(),
                Profile.REFERENCE);
        require(
                minimal.steps() <= 150 && minimal.guidanceScale() <= 20,
                name + " has defaults that no request may have");
    }

    private static boolean isOdd(int character) {
        return Character.isWhitespace(character) || Character.isISOControl(character);
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }
}
