package dev.atelier.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What a plugin draws, and what it reports meanwhile. */
final class DrawingContract {
    private final PluginSubject subject;

    DrawingContract(PluginSubject subject) {
        this.subject = subject;
    }

    Stream<DynamicTest> tests() {
        return Stream.of(
                dynamicTest("floors the size to its divisor", this::floorsTheSize),
                dynamicTest("settles a plan the same way each time", this::settlesTheSameWay),
                dynamicTest("draws the size that it settled", this::drawsTheSettledSize),
                dynamicTest("draws the same picture for the same seed", this::isDeterministic),
                dynamicTest("draws another picture for another seed", this::obeysTheSeed),
                dynamicTest("draws the same picture in another pipeline", this::isTheSameElsewhere),
                dynamicTest("reports steps one by one and stages in order", this::reportsProgress),
                dynamicTest("shows a preview during a step without changing the picture", this::previews),
                dynamicTest("times its stages", this::timesItsStages));
    }

    private void floorsTheSize() {
        int divisor = subject.plugin().get().descriptor().resolutionDivisor();
        ImageSize floored = subject.plan().requestedSize().floorTo(divisor);
        ImageSize odd = new ImageSize(floored.width() + divisor - 1, floored.height() + divisor - 1);
        try (Workbench bench = new Workbench(subject)) {
            EffectiveSettings settings = bench.pipeline().resolve(Workbench.withSize(subject.plan(), odd));
            assertEquals(floored, settings.size());
        }
    }

    private void settlesTheSameWay() {
        try (Workbench bench = new Workbench(subject);
                Workbench other = new Workbench(subject)) {
            EffectiveSettings settings = bench.settings();
            assertEquals(subject.plan(), settings.plan(), "the plan stays as it was asked for");
            assertTrue(settings.evaluations() >= 1, "evaluations " + settings.evaluations());
            assertEquals(settings, bench.settings());
            assertEquals(settings, other.settings());
        }
    }

    private void drawsTheSettledSize() {
        try (Workbench bench = new Workbench(subject)) {
            assertEquals(bench.settings().size(), bench.draw().size());
        }
    }

    private void isDeterministic() {
        try (Workbench bench = new Workbench(subject)) {
            RgbImage first = bench.draw();
            GenerationPlan other =
                    Workbench.withSeed(subject.plan(), subject.plan().seed() + 1);
            bench.generate(other);
            Workbench.assertSame(first, bench.draw(), "the same seed, with another picture between");
        }
    }

    private void obeysTheSeed() {
        GenerationPlan other = Workbench.withSeed(subject.plan(), subject.plan().seed() + 1);
        try (Workbench bench = new Workbench(subject)) {
            Workbench.assertDifferent(bench.draw(), bench.generate(other).image(), "another seed");
        }
    }

    private void isTheSameElsewhere() {
        try (Workbench one = new Workbench(subject);
                Workbench other = new Workbench(subject)) {
            Workbench.assertSame(one.draw(), other.draw(), "two pipelines that are open at once");
        }
    }

    private void reportsProgress() {
        Progress progress = Progress.quiet();
        try (Workbench bench = new Workbench(subject)) {
            bench.pipeline().generate(bench.settings(), List.of(), progress, Cancellation.NEVER);
        }
        int steps = progress.steps().size();
        assertTrue(steps >= 1, "at least one step is reported");
        for (int i = 0; i < steps; i++) {
            Progress.Step step = progress.steps().get(i);
            assertEquals(i + 1, step.step(), "steps count up from 1");
            assertEquals(steps, step.steps(), "the announced number of steps is the number of reports");
            assertSame(Thread.currentThread(), step.thread(), "steps are reported on the drawing thread");
        }
        List<Stage> stages = progress.stages();
        assertTrue(stages.contains(Stage.DENOISE), "the denoising stage is reported");
        assertEquals(stages.stream().distinct().sorted().toList(), stages, "each stage once, in order");
    }

    private void previews() {
        Progress progress = Progress.previewing();
        try (Workbench bench = new Workbench(subject)) {
            RgbImage plain = bench.draw();
            GeneratedImage drawn = bench.pipeline().generate(bench.settings(), List.of(), progress, Cancellation.NEVER);
            assertFalse(progress.previews().isEmpty());
            Workbench.assertSame(plain, drawn.image(), "drawn while looking");
        }
    }

    private void timesItsStages() {
        try (Workbench bench = new Workbench(subject)) {
            GeneratedImage drawn = bench.generate(subject.plan());
            assertTrue(drawn.stageSeconds().containsKey(Stage.DENOISE), "the denoising stage is timed");
            drawn.stageSeconds()
                    .forEach((stage, seconds) ->
                            assertTrue(seconds >= 0 && seconds < 3600, stage + " took " + seconds + " s"));
        }
    }
}
