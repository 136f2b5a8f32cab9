package dev.atelier.testkit;

import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.TextToImagePlugin;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The plugin under test and what it needs.
 *
 * @param plugin makes an instance, as PF4J would
 * @param context what it is opened with; see {@link TestContext}
 * @param plan a small picture under the reference profile, of two steps at least; drawn a few dozen times
 * @param adapter an adapter file that changes the picture; empty for a model that takes none
 * @param foreignAdapter a sane adapter file of another model, in which nothing matches; empty to leave that out
 */
public record PluginSubject(
        Supplier<TextToImagePlugin> plugin,
        Supplier<PluginContext> context,
        GenerationPlan plan,
        Optional<Path> adapter,
        Optional<Path> foreignAdapter) {
    /** Checks that there is something to stop in the middle of. */
    public PluginSubject {
        if (plan.steps() < 2) {
            throw new IllegalArgumentException("plan must have two steps at least but had " + plan.steps());
        }
    }
}
