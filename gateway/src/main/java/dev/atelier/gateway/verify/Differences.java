package dev.atelier.gateway.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds the differences between a job's previews and inference in its configuration. The rules are those of
 * ostris/ai-toolkit at commit 27a03a91f2 ({@code toolkit/models/base_model.py}, {@code toolkit/network_mixins.py}). The
 * gaps that a difference explains are bounds over measured ones: float32 against bfloat16 0.1 to 1.2 dB, an 8-bit base
 * 2.4 to 7 dB on a small model; a wrong seed or adapter costs 19 dB and more.
 */
public final class Differences {
    private static final double KERNELS = 3;
    private static final double QUANTIZATION = 12;
    private static final Set<String> FLOAT32 = Set.of("fp32", "float32", "float");

    private final TrainingJob job;
    private final String computeType;
    private final List<Difference> found = new ArrayList<>();

    private Differences(TrainingJob job, String computeType) {
        this.job = job;
        this.computeType = computeType;
    }

    /**
     * Returns the differences of a job.
     *
     * @param computeType the type in which the verifier computes, such as {@code float32}
     */
    public static List<Difference> of(TrainingJob job, String computeType) {
        Differences differences = new Differences(job, computeType);
        differences.quantization();
        differences.application();
        differences.types();
        differences.history();
        return List.copyOf(differences.found);
    }

    /** Returns whether the trainer merges the adapter into the weights for its previews. */
    public static boolean merges(TrainingJob job) {
        return multipliers(job).size() <= 1
                && !quantizes(job)
                && !job.process().section("model").flag("layer_offloading", false)
                && !TrainedNetwork.type(job.process()).equals("dora");
    }

    private static Set<Double> multipliers(TrainingJob job) {
        return job.samples().stream().map(SampleSettings::multiplier).collect(Collectors.toSet());
    }

    private static boolean quantizes(TrainingJob job) {
        return job.process().section("model").flag("quantize", false);
    }

    private void quantization() {
        ConfigSection model = job.process().section("model");
        boolean quantized = quantizes(job);
        if (quantized) {
            found.add(Difference.notReproduced(
                    "quantized-transformer",
                    "the trainer computed with weights of type "
                            + model.text("qtype").orElse("qfloat8") + ", whose kernels are not available here",
                    QUANTIZATION));
        }
        if (model.flag("quantize_te", quantized)) {
            found.add(Difference.notReproduced(
                    "quantized-text-encoder",
                    "the trainer encoded prompts with weights of type "
                            + model.text("qtype_te").orElse("qfloat8"),
                    QUANTIZATION));
        }
        if (model.has("assistant_lora_path")) {
            found.add(Difference.notReproduced(
                    "training-adapter",
                    "the training adapter is merged and then cancelled, which leaves rounding in the weights; samples"
                            + " are generated without it",
                    quantized || !isFloat32(trainType()) ? QUANTIZATION : 0));
        }
    }

    private void application() {
        if (!merges(job)) {
            found.add(Difference.reproduced("adapter-unmerged", "the adapter is applied beside the weights"));
            return;
        }
        double multiplier = multipliers(job).stream().findFirst().orElse(1.0);
        boolean repeated = job.files().stream().map(SampleFile::step).distinct().count() > 1;
        if (repeated && multiplier < 0) {
            found.add(Difference.notReproduced(
                    "base-damaged-by-merge",
                    "the trainer subtracts the absolute value of a negative multiplier after each round of samples",
                    Double.POSITIVE_INFINITY));
        } else if (repeated && !isFloat32(trainType())) {
            found.add(Difference.notReproduced(
                    "merge-drift",
                    "merging and subtracting the adapter in " + trainType()
                            + " leaves rounding errors in the weights after each round of samples",
                    KERNELS));
        }
    }

    private void types() {
        String trained = trainType();
        if (isFloat32(trained) != isFloat32(computeType)) {
            found.add(new Difference("compute-dtype", "trainer " + trained + ", here " + computeType, KERNELS));
        }
        String saved = job.process().section("save").text("dtype").orElse("float16");
        if (!isFloat32(saved)) {
            found.add(Difference.notReproduced(
                    "adapter-precision",
                    "the adapter was in float32 while sampling and was saved as " + saved + "; the effect is small",
                    0));
        }
    }

    private void history() {
        trainerVersion()
                .ifPresent(version -> found.add(new Difference(
                        "trainer-version",
                        "trainer " + version + "; its schedules and guidance are tried, the report names the one that"
                                + " fits",
                        0)));
        if (job.process().section("network").has("pretrained_lora_path")) {
            found.add(new Difference(
                    "pretrained-lora",
                    "samples of step 0 were generated with "
                            + job.process().section("network").raw("pretrained_lora_path"),
                    0));
        }
        if (job.firstSamples() != null) {
            found.add(Difference.reproduced(
                    "first-sample-config", "the section first_sample gives the settings of the first samples"));
        }
        if (olderThanConfig()) {
            found.add(new Difference(
                    "samples-older-than-config",
                    "config.yaml was written after samples were saved; settings may have been edited since",
                    0));
        }
        ConfigSection model = job.process().section("model");
        if (!BaseModel.isKnownRepository(model)) {
            found.add(new Difference(
                    "base-not-checked",
                    "trainer '" + Objects.toString(model.raw("name_or_path"), "") + "', here the served checkpoint of "
                            + job.modelId() + "; name a fine-tuned base model with --checkpoint",
                    0));
        }
    }

    /** Returns the trainer's version where it generated previews otherwise than today's. */
    private Optional<String> trainerVersion() {
        return job.adapters().stream()
                .map(SavedAdapter::version)
                .filter(Objects::nonNull)
                .filter(version -> TrainerVersion.of(version).isLegacy())
                .findFirst();
    }

    private boolean olderThanConfig() {
        try {
            long written = Files.getLastModifiedTime(job.folder().resolve("config.yaml"))
                    .toMillis();
            return job.files().stream().anyMatch(file -> file.millis() < written);
        } catch (IOException e) {
            return false;
        }
    }

    private String trainType() {
        return job.process().section("train").text("dtype").orElse("fp32").toLowerCase(Locale.ROOT);
    }

    private static boolean isFloat32(String type) {
        return FLOAT32.contains(type);
    }
}
