package dev.atelier.gateway.verify;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code sample} section and resolves the settings of each of its items, as ai-toolkit does in
 * {@code jobs/process/BaseSDTrainProcess.py} ({@code sample}) and {@code toolkit/config_modules.py}
 * ({@code SampleConfig}, {@code SampleItem}, {@code GenerateImageConfig}) at commit 27a03a91f2.
 */
final class SampleSection {
    private static final String TRIGGER = "[trigger]";
    private static final int MOST_SAMPLES = 10_000;

    private SampleSection() {}

    /**
     * Returns the settings of each item, in order.
     *
     * @param section the {@code sample} section
     * @param triggerWord replaces {@code [trigger]}; null leaves it
     * @throws TrainingJobException when the trainer could not have generated samples with the section
     */
    static List<SampleSettings> read(ConfigSection section, @Nullable String triggerWord) {
        SampleItem defaults = SampleItem.DEFAULTS.with(section);
        List<ConfigSection> items = section.has("samples") ? section.sections("samples") : List.of();
        List<String> prompts = section.has("samples") ? prompts(section, items) : section.texts("prompts");
        if (prompts.size() > MOST_SAMPLES) {
            throw invalid(section.path("samples") + " has " + prompts.size() + " items; at most " + MOST_SAMPLES
                    + " are read");
        }
        boolean walk = section.flag("walk_seed", false);
        BigInteger first = seed(section, BigInteger.ZERO);
        BigInteger current = first;
        List<SampleSettings> samples = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            SampleItem item = items.isEmpty() ? defaults : defaults.with(items.get(i));
            if (walk) {
                current = first.add(BigInteger.valueOf(i));
            }
            if (!items.isEmpty()) {
                current = seed(items.get(i), current);
            }
            String prompt =
                    triggerWord == null ? prompts.get(i) : prompts.get(i).replace(TRIGGER, triggerWord);
            samples.add(PromptFlags.apply(item, prompt, current));
        }
        return samples;
    }

    // The trainer drops items without a prompt from the prompts but not from the settings, so that all later prompts
    // would be generated with the settings of another item.
    private static List<String> prompts(ConfigSection section, List<ConfigSection> items) {
        List<String> prompts = new ArrayList<>();
        for (ConfigSection item : items) {
            prompts.add(item.text("prompt")
                    .orElseThrow(() -> invalid(item.path("prompt") + " is missing; the trainer then uses the settings"
                            + " of other samples, so " + section.path("samples") + " cannot be verified")));
        }
        return prompts;
    }

    private static BigInteger seed(ConfigSection section, BigInteger otherwise) {
        Object value = section.raw("seed");
        if (value instanceof BigInteger big) {
            return big;
        }
        return section.integer("seed").map(BigInteger::valueOf).orElse(otherwise);
    }

    static TrainingJobException invalid(String message) {
        return new TrainingJobException(TrainingJobException.INVALID_CONFIG, "config.yaml: " + message);
    }

    /** The settings of an item before its prompt's inline flags are read. */
    record SampleItem(String negative, long width, long height, long steps, double guidance, double multiplier) {
        static final SampleItem DEFAULTS = new SampleItem("", 512, 512, 20, 7, 1);

        /** Returns these settings with those that a section gives. */
        SampleItem with(ConfigSection section) {
            return new SampleItem(
                    negative(section),
                    section.integer("width").orElse(width),
                    section.integer("height").orElse(height),
                    section.integer("sample_steps").orElse(steps),
                    section.number("guidance_scale").orElse(guidance),
                    multiplier(section));
        }

        private String negative(ConfigSection section) {
            Object value = section.raw("neg");
            if (value == null) {
                return negative;
            }
            return value instanceof Boolean truth && !truth
                    ? ""
                    : section.text("neg").orElse("");
        }

        // The trainer reads text as a number and falls back to 1.0 where it is none.
        private double multiplier(ConfigSection section) {
            if (section.raw("network_multiplier") instanceof String text) {
                Double number = PythonNumbers.number(text);
                return number == null || !Double.isFinite(number) ? 1 : number;
            }
            return section.number("network_multiplier").orElse(multiplier);
        }
    }

    /** Requires a value that the trainer needs. */
    static <T> T require(@Nullable T value, String message) {
        if (value == null) {
            throw invalid(message);
        }
        return Objects.requireNonNull(value);
    }
}
