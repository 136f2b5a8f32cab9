package dev.atelier.testkit;

import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ComponentSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.plugin.TextToImagePlugin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A model that paints at once, with at most one fault. Its adapters begin with {@code painted} or {@code foreign}. */
final class PaintedModel implements TextToImagePlugin {
    private final @Nullable Fault fault;

    PaintedModel(@Nullable Fault fault) {
        this.fault = fault;
    }

    private boolean has(Fault one) {
        return fault == one;
    }

    @Override
    public PipelineDescriptor descriptor() {
        return new PipelineDescriptor(
                has(Fault.SHOUTING_ID) ? "PAINTED" : "painted",
                has(Fault.RANDOM_DESCRIPTOR) ? "painted " + System.nanoTime() : "painted",
                "atelier/painted",
                new GenerationDefaults(new ImageSize(512, 512), has(Fault.ILLEGAL_STEPS) ? 500 : 4, 1, 42),
                32,
                1,
                false,
                EnumSet.allOf(Profile.class),
                List.of("Default"),
                Map.of("colours", new ComponentSource("atelier/painted", "main", "colours")));
    }

    @Override
    public AdapterReport inspect(Path file) {
        String content = content(file);
        boolean sane = content.startsWith("painted") || content.startsWith("foreign");
        if (!sane && !has(Fault.TAKES_ANYTHING)) {
            throw new PipelineException(ErrorCode.LORA_INVALID, file + " is no adapter");
        }
        return report(file.getFileName().toString(), 1, has(Fault.EMPTY_INSPECTION) ? 0 : 1);
    }

    static String content(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static AdapterReport report(String name, double multiplier, int modules) {
        return new AdapterReport(
                name,
                multiplier,
                "painted",
                List.of(),
                List.of(),
                List.of(),
                modules,
                modules,
                AdapterReport.Keys.NONE,
                AdapterReport.Keys.NONE,
                Map.of());
    }

    @Override
    public TextToImagePipeline open(PluginContext context) {
        if (has(Fault.WRONG_ABSENCE)) {
            return new PaintedPipeline(fault, context);
        }
        context.checkpoint("colours");
        return new PaintedPipeline(fault, context);
    }
}
