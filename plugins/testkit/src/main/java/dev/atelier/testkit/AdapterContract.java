package dev.atelier.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.RgbImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** How a plugin deals with adapters. */
final class AdapterContract {
    private static final byte[] LYING_HEADER = {-1, -1, -1, -1, -1, -1, -1, 127, '{', '}'};

    private final PluginSubject subject;

    AdapterContract(PluginSubject subject) {
        this.subject = subject;
    }

    Stream<DynamicTest> tests() {
        return Stream.of(
                        subject.adapter().stream().flatMap(this::applying),
                        subject.foreignAdapter().stream().map(this::refusing),
                        Stream.of(dynamicTest("refuses what is no adapter file", this::refusesWhatIsNone)))
                .flatMap(tests -> tests);
    }

    private Stream<DynamicTest> applying(Path file) {
        return Stream.of(
                dynamicTest("says what an adapter holds", () -> inspects(file)),
                dynamicTest("changes the picture by an adapter, and reports it", () -> applies(file)),
                dynamicTest("draws the same as without an adapter at multiplier 0", () -> leavesOut(file)),
                dynamicTest("draws the same again after any adapter", () -> forgets(file)));
    }

    private void inspects(Path file) {
        AdapterReport report = subject.plugin().get().inspect(file);
        assertTrue(report.modules() > 0, "modules " + report.modules());
        assertTrue(report.matchedKeys() > 0, "matched keys " + report.matchedKeys());
    }

    private void applies(Path file) throws Exception {
        AdapterFile adapter = Workbench.adapter(file, 1);
        try (Workbench bench = new Workbench(subject)) {
            GeneratedImage drawn = bench.generate(subject.plan(), adapter);
            Workbench.assertDifferent(bench.draw(), drawn.image(), "with the adapter");
            assertEquals(1, drawn.adapters().size(), "reports");
            assertEquals(adapter.name(), drawn.adapters().get(0).name());
            assertEquals(1, drawn.adapters().get(0).multiplier());
            assertTrue(drawn.adapters().get(0).matchedKeys() > 0, "matched keys");
        }
    }

    private void leavesOut(Path file) throws Exception {
        try (Workbench bench = new Workbench(subject)) {
            GeneratedImage drawn = bench.generate(subject.plan(), Workbench.adapter(file, 0));
            Workbench.assertSame(bench.draw(), drawn.image(), "at multiplier 0");
            assertEquals(1, drawn.adapters().size(), "an adapter at multiplier 0 is reported too");
        }
    }

    private void forgets(Path file) throws Exception {
        try (Workbench bench = new Workbench(subject)) {
            RgbImage plain = bench.draw();
            RgbImage first = bench.draw(Workbench.adapter(file, 1));
            bench.draw(Workbench.adapter(file, -0.5));
            Workbench.assertSame(first, bench.draw(Workbench.adapter(file, 1)), "the adapter again");
            Workbench.assertSame(plain, bench.draw(), "without any adapter again");
        }
    }

    private DynamicTest refusing(Path file) {
        return dynamicTest("refuses an adapter in which nothing matches, and goes on", () -> {
            try (Workbench bench = new Workbench(subject)) {
                RgbImage plain = bench.draw();
                AdapterFile foreign = Workbench.adapter(file, 1);
                Workbench.assertFails(ErrorCode.LORA_NOT_APPLIED, () -> bench.draw(foreign));
                Workbench.assertSame(plain, bench.draw(), "after the refusal");
            }
        });
    }

    private void refusesWhatIsNone() throws IOException {
        Path folder = Files.createTempDirectory("atelier-testkit-");
        Path file = folder.resolve("x.safetensors");
        try {
            for (byte[] content :
                    new byte[][] {{}, "this is no adapter".getBytes(StandardCharsets.UTF_8), LYING_HEADER}) {
                Files.write(file, content);
                Workbench.assertFails(
                        ErrorCode.LORA_INVALID, () -> subject.plugin().get().inspect(file));
            }
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }
}
