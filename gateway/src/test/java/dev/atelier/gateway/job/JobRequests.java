package dev.atelier.gateway.job;

import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Requests for tests. */
public final class JobRequests {
    private JobRequests() {}

    /** Returns a request for one picture per prompt, without adapters. */
    public static JobRequest of(String model, String... prompts) {
        return new JobRequest(
                model, Stream.of(prompts).map(prompt -> plan(prompt, 42)).toList(), List.of(), OutputFormat.JPEG);
    }

    /** Returns a plan for a small picture. */
    public static GenerationPlan plan(String prompt, long seed) {
        return new GenerationPlan(prompt, "", new ImageSize(64, 64), "Default", 4, 1.0, seed, Profile.REFERENCE);
    }

    static EffectiveSettings effective(GenerationPlan plan, float firstSigma) {
        return new EffectiveSettings(plan, new ImageSize(64, 64), 1.0, List.of(firstSigma, 0.1f, 1e-10f, 0f), 6);
    }

    static OutputImage image(int index, EffectiveSettings effective) {
        AdapterReport report = new AdapterReport(
                "a.safetensors",
                -0.5,
                "lora",
                List.of(4, 8),
                List.of(4.0),
                List.of("BF16"),
                3,
                6,
                AdapterReport.Keys.NONE,
                AdapterReport.Keys.of(List.of("x")),
                Map.of("k", "v"));
        return new OutputImage(
                index, OutputFormat.PNG, "/out/" + index + ".png", effective, List.of(report), 1.25, 0.03125);
    }

    static AdapterReference adapter() {
        return new AdapterReference("a/b.safetensors", -0.5, 1234L, Instant.parse("2026-01-02T03:04:05.123456789Z"));
    }
}
