package dev.atelier.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.TextToImagePipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/** A pipeline that is open for one test, on the test's thread. */
final class Workbench implements AutoCloseable {
    private final PluginSubject subject;
    private final TextToImagePipeline pipeline;

    Workbench(PluginSubject subject) {
        this.subject = subject;
        this.pipeline = subject.plugin().get().open(subject.context().get());
    }

    TextToImagePipeline pipeline() {
        return pipeline;
    }

    EffectiveSettings settings() {
        return pipeline.resolve(subject.plan());
    }

    /** Draws the subject's plan. */
    RgbImage draw(AdapterFile... adapters) {
        return generate(subject.plan(), adapters).image();
    }

    GeneratedImage generate(GenerationPlan plan, AdapterFile... adapters) {
        return pipeline.generate(pipeline.resolve(plan), List.of(adapters), Progress.quiet(), Cancellation.NEVER);
    }

    @Override
    public void close() {
        pipeline.close();
    }

    static GenerationPlan withSeed(GenerationPlan plan, long seed) {
        return new GenerationPlan(
                plan.prompt(),
                plan.negativePrompt(),
                plan.requestedSize(),
                plan.resolution(),
                plan.steps(),
                plan.guidanceScale(),
                seed,
                plan.profile());
    }

    static GenerationPlan withSize(GenerationPlan plan, ImageSize size) {
        return new GenerationPlan(
                plan.prompt(),
                plan.negativePrompt(),
                size,
                plan.resolution(),
                plan.steps(),
                plan.guidanceScale(),
                plan.seed(),
                plan.profile());
    }

    static AdapterFile adapter(Path file, double multiplier) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        return new AdapterFile(
                file.getFileName().toString(), file, HexFormat.of().formatHex(digest), multiplier);
    }

    static void assertSame(RgbImage expected, RgbImage actual, String message) {
        assertEquals(expected.size(), actual.size(), message);
        assertEquals(-1, Arrays.mismatch(expected.pixels(), actual.pixels()), message + ": first other byte");
    }

    static void assertDifferent(RgbImage one, RgbImage other, String message) {
        Assertions.assertTrue(Arrays.mismatch(one.pixels(), other.pixels()) >= 0, message);
    }

    static void assertFails(ErrorCode code, Executable action) {
        PipelineException failure = Assertions.assertThrows(PipelineException.class, action);
        assertEquals(code, failure.code(), failure.getMessage());
    }
}
