package dev.atelier.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.RgbImage;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** How a plugin stops. */
final class CancellationContract {
    private final PluginSubject subject;

    CancellationContract(PluginSubject subject) {
        this.subject = subject;
    }

    Stream<DynamicTest> tests() {
        return Stream.of(
                dynamicTest("draws nothing when cancelled before", this::stopsBefore),
                dynamicTest("stops after the step in which it is cancelled", this::stopsDuring),
                dynamicTest("draws the same after a cancelled picture", this::staysUsable),
                dynamicTest("waits for no cancellation after the picture", this::endsItsRegistrations));
    }

    private void stopsBefore() {
        Switch cancelled = new Switch();
        cancelled.trip();
        Progress progress = Progress.quiet();
        try (Workbench bench = new Workbench(subject)) {
            EffectiveSettings settings = bench.settings();
            assertThrows(
                    CancellationException.class,
                    () -> bench.pipeline().generate(settings, List.of(), progress, cancelled));
        }
        assertEquals(List.of(), progress.steps());
    }

    private void stopsDuring() {
        try (Workbench bench = new Workbench(subject)) {
            assertEquals(1, cancelAtTheFirstStep(bench).steps().size(), "steps drawn");
        }
    }

    private void staysUsable() {
        try (Workbench bench = new Workbench(subject)) {
            RgbImage before = bench.draw();
            cancelAtTheFirstStep(bench);
            Workbench.assertSame(before, bench.draw(), "after a cancelled picture");
        }
    }

    private static Progress cancelAtTheFirstStep(Workbench bench) {
        Switch cancellation = new Switch();
        Progress progress = Progress.doing(cancellation::trip);
        EffectiveSettings settings = bench.settings();
        assertThrows(
                CancellationException.class,
                () -> bench.pipeline().generate(settings, List.of(), progress, cancellation));
        return progress;
    }

    private void endsItsRegistrations() {
        Switch never = new Switch();
        try (Workbench bench = new Workbench(subject)) {
            bench.pipeline().generate(bench.settings(), List.of(), Progress.quiet(), never);
        }
        assertEquals(0, never.waiting(), "actions that still wait");
    }
}
