package dev.atelier.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.atelier.plugin.CacheBudget;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.PluginMetrics;
import dev.atelier.plugin.RgbImage;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** How a plugin opens and closes. */
final class LifecycleContract {
    private final PluginSubject subject;

    LifecycleContract(PluginSubject subject) {
        this.subject = subject;
    }

    Stream<DynamicTest> tests() {
        Stream<DynamicTest> always = Stream.of(
                dynamicTest("closes while idle, and twice", this::closesTwice),
                dynamicTest("goes on when another pipeline is closed", this::outlivesAnother),
                dynamicTest("knows how much memory it holds", this::countsItsBytes),
                dynamicTest("draws the same without any cache", this::needsNoCache));
        return subject.plugin().get().descriptor().components().isEmpty()
                ? always
                : Stream.concat(
                        always, Stream.of(dynamicTest("says so when its checkpoint is absent", this::namesAbsence)));
    }

    private void closesTwice() {
        Workbench bench = new Workbench(subject);
        bench.close();
        bench.close();
    }

    private void outlivesAnother() {
        try (Workbench bench = new Workbench(subject)) {
            Workbench other = new Workbench(subject);
            RgbImage before = other.draw();
            other.close();
            Workbench.assertSame(before, bench.draw(), "after another pipeline was closed");
        }
    }

    private void countsItsBytes() {
        try (Workbench bench = new Workbench(subject)) {
            bench.draw();
            assertTrue(bench.pipeline().residentBytes() >= 0);
        }
    }

    private void needsNoCache() {
        PluginContext given = subject.context().get();
        PluginSubject frugal = new PluginSubject(
                subject.plugin(), () -> new Frugal(given), subject.plan(), subject.adapter(), subject.foreignAdapter());
        try (Workbench bench = new Workbench(subject);
                Workbench other = new Workbench(frugal)) {
            Workbench.assertSame(bench.draw(), other.draw(), "without caches");
        }
    }

    private void namesAbsence() {
        PluginContext absent = new TestContext(
                Device.CPU,
                Map.of(),
                new CacheBudget(0, 0),
                subject.context().get().settings(),
                counter -> {});
        Workbench.assertFails(
                ErrorCode.MODEL_NOT_AVAILABLE,
                () -> subject.plugin().get().open(absent).close());
    }

    /**
     * The given context, but with nothing to keep anything in.
     *
     * @param given all the rest
     */
    private record Frugal(PluginContext given) implements PluginContext {
        @Override
        public Device device() {
            return given.device();
        }

        @Override
        public Path checkpoint(String component) {
            return given.checkpoint(component);
        }

        @Override
        public CacheBudget cacheBudget() {
            return new CacheBudget(0, 0);
        }

        @Override
        public Map<String, String> settings() {
            return given.settings();
        }

        @Override
        public PluginMetrics metrics() {
            return given.metrics();
        }
    }
}
